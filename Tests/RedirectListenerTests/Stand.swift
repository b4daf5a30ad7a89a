// A server with somebody who waits for one state.

import Glibc
import NIOCore
import NIOPosix
import OAuth
import RedirectListener
import Synchronization

final class Stand: Sendable {
  /// Another range in each run, so that two runs on one machine are not in each other's way.
  private static let nextPort = Atomic(20_000 + Int(getpid()) % 200 * 50)

  /// A port of the test's own, below those that the kernel gives away.
  static func freshPort() -> Int { nextPort.wrappingAdd(1, ordering: .relaxed).newValue }

  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  let server: RedirectServer
  let judged = Mutex<[RedirectCallback]>([])

  init(_ limits: RedirectServer.Limits = RedirectServer.Limits()) {
    server = RedirectServer(eventLoop: group.next(), limits: limits)
  }

  deinit { group.shutdownGracefully { _ in } }

  var judgedCount: Int { judged.withLock { $0.count } }

  /// Opens an address for a state, which is taken once; what becomes of it is known on return.
  ///
  /// - Parameter closesOnTaking: whether the address is closed as soon as it is taken, before the
  ///   verdict is given.
  @discardableResult
  func open(
    _ uri: String, for state: String = "s1", closesOnTaking: Bool = false
  ) async throws(RedirectObstacle) -> @Sendable () -> Void {
    let isTaken = Mutex(false)
    let closing = Mutex<(@Sendable () -> Void)?>(nil)
    let box = Box(isTaken: isTaken, closing: closing)
    let result: Result<@Sendable () -> Void, RedirectObstacle> = await withCheckedContinuation {
      continuation in
      let close = server.open(RedirectURI(uri)) { obstacle in
        continuation.resume(
          returning: obstacle.map { .failure($0) } ?? .success({ box.close() }))
      } judge: { callback, reply in
        self.judged.withLock { $0.append(callback) }
        guard callback.isFor(state: state), box.take() else { return reply(.unknownState) }
        if closesOnTaking { box.close() }
        if case .failed = callback.outcome { reply(.takenAsFailure) } else { reply(.taken) }
      }
      box.closing.withLock { $0 = close }
    }
    return try result.get()
  }

  private final class Box: Sendable {
    let isTaken: Mutex<Bool>
    let closing: Mutex<(@Sendable () -> Void)?>

    init(isTaken: consuming Mutex<Bool>, closing: consuming Mutex<(@Sendable () -> Void)?>) {
      self.isTaken = isTaken
      self.closing = closing
    }

    func take() -> Bool {
      isTaken.withLock { isTaken in
        defer { isTaken = true }
        return !isTaken
      }
    }

    func close() { closing.withLock { $0 }?() }
  }
}
