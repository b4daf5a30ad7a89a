// One thread for everything but the vault, so that a test can tell when nothing more will happen by
// itself: the broker, the conversation with issuers and every job run on it, one after the other.

import Foundation
import Synchronization

/// A thread that runs what it is given, in order.
public final class Loop: Sendable {
  private struct State {
    var work: [@Sendable () -> Void] = []
    var taken = 0
    var isStopped = false
  }

  private let state = Mutex(State())
  private let waiting = DispatchSemaphore(value: 0)

  public init() {
    let thread = Thread { [self] in run() }
    thread.stackSize = 4 << 20
    thread.start()
  }

  /// How many jobs were ever put here.
  public var count: Int { state.withLock { $0.taken } }

  /// - Parameter counted: whether it counts as something that happens.
  public func append(counted: Bool = true, _ work: @escaping @Sendable () -> Void) {
    state.withLock { state in
      state.work.append(work)
      if counted { state.taken += 1 }
    }
    waiting.signal()
  }

  /// Returns when all that is here now has run.
  public func drained() async {
    await withCheckedContinuation { continuation in
      append(counted: false) { continuation.resume() }
    }
  }

  /// A job does not come to its end, for so long that a machine under load would have come to it.
  public struct Stuck: Error {}

  /// The same for who is on no task, and not on the thread itself.
  ///
  /// - Throws: `Stuck`.
  public func drain() throws(Stuck) {
    let done = DispatchSemaphore(value: 0)
    append(counted: false) { done.signal() }
    guard done.wait(timeout: .now() + 60) == .success else { throw Stuck() }
  }

  /// Ends the thread, once it has run what is here.
  public func stop() {
    state.withLock { $0.isStopped = true }
    waiting.signal()
  }

  private func run() {
    while true {
      waiting.wait()
      let (next, isStopped) = state.withLock { state in
        (state.work.isEmpty ? nil : state.work.removeFirst(), state.isStopped)
      }
      if let next { next() } else if isStopped { return }
    }
  }
}

/// What the broker runs on.
public final class LoopExecutor: SerialExecutor {
  private let loop: Loop

  /// - Parameter loop: where its jobs go.
  public init(_ loop: Loop) { self.loop = loop }

  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    loop.append { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }
}

/// What its jobs run on.
public final class LoopTasks: TaskExecutor {
  private let loop: Loop

  /// - Parameter loop: where its jobs go.
  public init(_ loop: Loop) { self.loop = loop }

  public func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    loop.append { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
