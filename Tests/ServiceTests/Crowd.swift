// Many blocking clients at once: a thread each, since a client of the broker blocks, and the
// cooperative pool has too few threads to give away.

import Foundation
import Synchronization

/// Does numbered jobs on some threads.
enum Crowd {
  /// Does the jobs `0..<jobs`, each once, and returns what each gave, in their order.
  static func run<Value: Sendable>(
    _ jobs: Int, threads: Int, _ job: @escaping @Sendable (Int) -> Value
  ) async -> [Value] {
    let work = Work<Value>(jobs)
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<min(threads, jobs) {
        group.addTask {
          await withCheckedContinuation { continuation in
            Thread.detachNewThread {
              while let number = work.take() { work.note(number, job(number)) }
              continuation.resume()
            }
          }
        }
      }
    }
    return work.values
  }

  private final class Work<Value: Sendable>: Sendable {
    private let left: Mutex<[Int]>
    private let done = Mutex<[Int: Value]>([:])

    init(_ jobs: Int) { left = Mutex(Array((0..<jobs).reversed())) }

    func take() -> Int? { left.withLock { $0.popLast() } }
    func note(_ number: Int, _ value: Value) { done.withLock { $0[number] = value } }
    var values: [Value] {
      done.withLock { done in done.keys.sorted().compactMap { done[$0] } }
    }
  }
}
