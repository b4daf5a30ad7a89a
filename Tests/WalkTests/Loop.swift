// One thread for everything but the vault, so that a walk can tell when nothing more will happen by
// itself: the broker, the conversation with the issuer and every job run on it, one after the other.

import Foundation
import Synchronization

/// A thread that runs what it is given, in order.
final class Loop: Sendable {
  private struct State {
    var work: [@Sendable () -> Void] = []
    var taken = 0
    var isStopped = false
  }

  private let state = Mutex(State())
  private let waiting = DispatchSemaphore(value: 0)

  init() {
    let thread = Thread { [self] in run() }
    thread.stackSize = 4 << 20
    thread.start()
  }

  /// How many jobs were ever put here.
  var count: Int { state.withLock { $0.taken } }

  func append(counted: Bool = true, _ work: @escaping @Sendable () -> Void) {
    state.withLock { state in
      state.work.append(work)
      if counted { state.taken += 1 }
    }
    waiting.signal()
  }

  /// Returns when all that is here now has run. Not to be called on the thread itself.
  ///
  /// - Throws: `Trouble` where something there does not come to an end.
  func drain() throws {
    let done = DispatchSemaphore(value: 0)
    append(counted: false) { done.signal() }
    try done.waitOrFail("a job of the broker's")
  }

  func stop() {
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
final class LoopExecutor: SerialExecutor {
  private let loop: Loop
  init(_ loop: Loop) { self.loop = loop }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    loop.append { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
  }
}

/// What its jobs run on.
final class LoopTasks: TaskExecutor {
  private let loop: Loop
  init(_ loop: Loop) { self.loop = loop }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    loop.append { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}

extension DispatchSemaphore {
  /// Waits, for so long that a machine under load would have come to it.
  func waitOrFail(_ what: String) throws {
    guard wait(timeout: .now() + 60) == .success else { throw Trouble("\(what) hangs") }
  }
}
