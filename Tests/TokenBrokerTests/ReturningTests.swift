// What becomes of a browser's return that cannot be followed up at once.

import Foundation
import OAuth
import Prompts
import Synchronization
import Testing

@testable import TokenBroker

/// A listener without a socket: it counts how often it was opened.
private final class ScriptedReceiver: RedirectReceiver {
  private let state = Mutex((opened: 0, open: Set<Int>()))

  var opened: Int { state.withLock { $0.opened } }
  var isOpen: Bool { state.withLock { !$0.open.isEmpty } }

  func open(
    _ uri: RedirectURI, opened: @escaping @Sendable (RedirectObstacle?) -> Void,
    judge:
      @escaping @Sendable (RedirectCallback, @escaping @Sendable (RedirectVerdict) -> Void) -> Void
  ) -> @Sendable () -> Void {
    let number = state.withLock { state in
      state.opened += 1
      state.open.insert(state.opened)
      return state.opened
    }
    opened(nil)
    return { [self] in state.withLock { _ = $0.open.remove(number) } }
  }
}

@Suite("A browser that comes back")
struct ReturningTests {
  @Test("while the issuer cannot be asked is told so, and can come back once more")
  func comesBackAgain() async throws {
    let receiver = ScriptedReceiver()
    let world = try await World(scenario: "social", redirects: receiver)
    let (person, _) = try await world.prompter()
    _ = await world.get(
      TokenDemand(profile: "demo", interaction: .wait, timeout: .seconds(600)))
    let prompt = try #require(person.open)
    #expect(prompt.content.forms.contains { $0.kind == .browser })
    #expect(receiver.opened == 1)

    let key = SessionKey(profile: "demo", owner: .user(World.peer.uid))
    let state = try #require(await world.broker.transactions[key]?.state)
    let callback = try RedirectCallback(
      query: "state=\(state)&iss=\(World.origin)&error=interaction_required")
    let uri = RedirectURI("http://127.0.0.1:8765/callback")
    world.issuer.next("/introspect", .refused(503, [:], "{}"))
    #expect(await world.broker.judge(callback, at: uri) == .taken)
    await world.settle()
    let changed = try #require(person.open)
    #expect(changed.id == prompt.id)
    #expect(changed.content.messages.contains { $0.key == "remedy.issuer.unavailable" })
    #expect(receiver.opened == 2, "the way back is open once more")
    #expect(receiver.isOpen)

    #expect(await world.broker.judge(callback, at: uri) == .taken)
    await world.settle()
    let next = try #require(person.open)
    #expect(next.id != prompt.id)
    #expect(next.content.messages.isEmpty)
    await world.end()
  }
}
