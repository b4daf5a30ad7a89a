// A thread for the vault alone: an `fsync` may take seconds on a busy disk, and must hold up
// neither the event loop nor the few threads that all tasks share. (Dispatch's serial queues are no
// executors on Linux.)
//
// The thread holds the queue, not the executor, so that dropping the executor ends the thread.

internal import CLinux
internal import Glibc
internal import Synchronization

/// A serial executor with a thread of its own, which lives as long as it does.
final class VaultThread: SerialExecutor {
  private let queue: JobQueue

  /// - Throws: the `errno` with which no thread could be made.
  init() throws(Descriptor.Failure) {
    queue = JobQueue()
    try queue.startThread()
  }

  deinit { queue.stop() }

  func enqueue(_ job: consuming ExecutorJob) {
    queue.append(unsafe Work(job: UnownedJob(job), executor: asUnownedSerialExecutor()))
  }
}

/// A job and the executor that it is run for, which lives while it has jobs.
@safe
private struct Work {
  let job: UnownedJob
  let executor: UnownedSerialExecutor

  func run() {
    unsafe job.runSynchronously(on: executor)
  }
}

/// Jobs in the order they came, and the thread that runs them.
///
/// `@unchecked Sendable`: `waiting` is a semaphore, which is made for many threads; the rest is
/// behind a lock.
@safe
private final class JobQueue: @unchecked Sendable {
  private struct State {
    var work: [Work] = []
    var isStopped = false
  }

  private let state = Mutex(State())
  /// Counts what the thread has to look at: one for each job, and one for the stop.
  private let waiting: UnsafeMutablePointer<sem_t>

  init() {
    unsafe waiting = .allocate(capacity: 1)
    unsafe sem_init(waiting, 0, 0)
  }

  deinit {
    unsafe sem_destroy(waiting)
    unsafe waiting.deallocate()
  }

  func append(_ work: Work) {
    state.withLock { $0.work.append(work) }
    unsafe sem_post(waiting)
  }

  func stop() {
    state.withLock { $0.isStopped = true }
    unsafe sem_post(waiting)
  }

  func startThread() throws(Descriptor.Failure) {
    // Signals are for the threads that await them.
    var all = sigset_t()
    var before = sigset_t()
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
    var thread = pthread_t()
    let held = unsafe Unmanaged.passRetained(self)
    let status = unsafe pthread_create(
      &thread, nil,
      { held in
        _ = unsafe remedy_name_thread("vault")
        guard let held = unsafe held else { return nil }
        unsafe Unmanaged<JobQueue>.fromOpaque(held).takeRetainedValue().run()
        return nil
      }, held.toOpaque())
    guard status == 0 else {
      unsafe held.release()
      throw Descriptor.Failure(code: status)
    }
    pthread_detach(thread)
  }

  private func run() {
    while true {
      while unsafe sem_wait(waiting) != 0 {}  // a signal's EINTR; the semaphore is sound
      let next = state.withLock { state in
        state.work.isEmpty ? nil : state.work.removeFirst()
      }
      if let next {
        next.run()
      } else if state.withLock({ $0.isStopped }) {
        return
      }
    }
  }
}
