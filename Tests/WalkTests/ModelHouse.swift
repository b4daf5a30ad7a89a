// All of it in this process: the broker itself with a real vault, the simulated organisation as its
// issuer, and a clock that is turned. Every call here returns when nothing more happens by itself.

import Foundation
import IdentityEngineSimulator
import JSON
import Logging
import OAuth
import Prompts
import Secrets
import SimulatedPeople
import Synchronization
import TestSupport
import TokenBroker
import TokenVault
import TurnedTime

/// A vault, and the thread that brokers run on, for one walk after the other.
final class Grounds: Sendable {
  let loop = Loop()
  let executor: LoopExecutor
  let tasks: LoopTasks
  let vault: Vault
  let folder: String
  private static let vaultKey = Secret(copying: Array(repeating: UInt8(7), count: 32))

  init() async throws {
    executor = LoopExecutor(loop)
    tasks = LoopTasks(loop)
    // In memory where there is such a place: what a disk takes is not what is looked at here.
    let memory = "/dev/shm"
    let base =
      FileManager.default.isWritableFile(atPath: memory)
      ? memory : FileManager.default.temporaryDirectory.path
    folder = "\(base)/remedy-walks-\(UUID().uuidString)"
    (vault, _) = try await Vault.open(directory: folder, key: Self.vaultKey)
  }

  /// Ends it, and gives what is left in the vault.
  func close() async throws -> [Vault.Name] {
    await vault.close()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    loop.stop()
    let (reopened, loaded) = try await Vault.open(directory: folder, key: Self.vaultKey)
    await reopened.close()
    return loaded.records.map(\.0)
  }
}

/// A broker in this process.
final class ModelHouse: House {
  static let origin = "https://acme.okta.com"
  private static let peer = Peer(pid: 4242, uid: 1000, gids: [1000])
  private static let key = try? SigningKey(.es256)

  let outside: Outside
  private let clock = TurnedClock()
  private let issuer: ModelIssuer
  private let grounds: Grounds
  private let broker: Broker
  private let running: Task<Void, Never>
  private let receiver = ScriptedReceiver()
  private var prompters: [(connection: ConnectionID, prompter: ScriptedPrompter)] = []
  private var caller: (connection: ConnectionID, call: Call<LoginOutcome>)?
  private var lastConnection = 0

  init(_ scenario: Scenario, seed: UInt64, _ grounds: Grounds) throws {
    self.grounds = grounds
    let (clock, receiver) = (clock, receiver)
    let issuer = ModelIssuer(
      try Organisation(scenario: scenario, origin: Self.origin, seed: seed, key: Self.key),
      clock: clock)
    self.issuer = issuer
    let client = OAuthClient.demo
    let redirectURI = client.redirectURIs.first ?? ""
    let profile = Profile(
      name: "demo", issuer: Self.origin, clientID: client.identifier,
      scopes: ["openid", "profile", "offline_access"], redirectURI: redirectURI)
    let broker = Broker(
      Broker.Parts(
        profiles: [profile], limits: Limits(),
        policy: AccessPolicy(mode: .user, serviceUID: 1000), vault: grounds.vault,
        exchange: issuer, redirects: receiver, clock: clock,
        logger: Logger(label: "walk") { _ in SwiftLogNoOpLogHandler() },
        userAgent: "walk", render: { $0.accessToken }),
      records: [], executor: grounds.executor)
    self.broker = broker
    running = Task.detached { [tasks = grounds.tasks] in
      await withTaskExecutorPreference(tasks) { await broker.run() }
    }
    let loop = grounds.loop
    outside = Outside { method, address, type, body in
      let target =
        address.hasPrefix(Self.origin) ? String(address.dropFirst(Self.origin.count)) : address
      if target.hasPrefix(redirectURI) {
        receiver.visit(target)
        try loop.drain()
        return Outside.Reply(status: 200)
      }
      var request = SimulatedRequest(
        method: method == "POST" ? .post : .get, target: target, body: Array(body.utf8))
      if let type { request.headers[.contentType] = type }
      let response = issuer.visit(request)
      return Outside.Reply(
        status: response.status, location: response.headers[.location], body: response.body)
    } now: {
      clock.now()
    }
    try settle()
  }

  /// The end of the walk. Whoever still waits is let go: the broker ends when nobody does.
  func end() {
    let connections = prompters.map { $0.connection } + [caller?.connection].compactMap { $0 }
    broker.start { broker in
      for connection in connections { broker.hangUp(connection) }
    }
    try? settle()
    running.cancel()
    let done = DispatchSemaphore(value: 0)
    Task { [running] in
      await running.value
      done.signal()
    }
    try? done.waitOrFail("the broker's end")
  }

  var issuerRequests: Int? { issuer.requests }

  // MARK: Time

  /// Returns when nothing more happens by itself: until the clock, the issuer or a call does.
  private func settle() throws {
    for _ in 0..<1000 {
      let before = grounds.loop.count
      try grounds.loop.drain()
      let done = DispatchSemaphore(value: 0)
      Task { [vault = grounds.vault] in
        _ = try? await vault.isNew
        done.signal()
      }
      try done.waitOrFail("the vault")
      try grounds.loop.drain()
      if grounds.loop.count == before { return }
    }
    throw Trouble("the broker does not come to rest, and no time passes")
  }

  func pass(seconds: Double) throws {
    var left = Duration.seconds(seconds)
    // Nothing that is asked of the issuer is asked more than twice a second.
    var rings = Int(seconds * 4) + 100
    while let next = clock.untilNextAlarm, next <= left {
      clock.pass(next)
      left -= next
      try settle()
      rings -= 1
      guard rings > 0 else { throw Trouble("alarm after alarm, in \(seconds) s") }
    }
    clock.pass(left)
    try settle()
  }

  // MARK: Calls

  private func connection() -> ConnectionID {
    lastConnection += 1
    return ConnectionID(lastConnection)
  }

  private func start<Value: Sendable>(
    _ body: @escaping @Sendable (isolated Broker) async throws(BrokerError) -> Value
  ) throws -> Call<Value> {
    let call = Call<Value>()
    broker.start { broker in
      do throws(BrokerError) {
        call.end(.success(try await body(broker)))
      } catch {
        call.end(.failure(error))
      }
    }
    try settle()
    return call
  }

  func login(_ wish: Wish) throws {
    let connection = connection()
    let links = LinkTokens(activation: wish.activationToken.map { Secret($0) })
    let demand = LoginDemand(
      profile: "demo", flow: wish.flow.model, loginHint: wish.loginHint, links: links,
      force: true, timeout: .seconds(86_400))
    let call = try start { broker throws(BrokerError) in
      try await broker.login(demand, Self.peer, connection)
    }
    caller = (connection, call)
  }

  func hangUpCaller() throws {
    guard let connection = caller?.connection else { return }
    caller = nil
    _ = try start { broker throws(BrokerError) in broker.hangUp(connection) }
  }

  func ending() -> Ending? {
    switch caller?.call.result {
    case nil: nil
    case .success(.session): .tokens
    case .success(.withoutTokens(let messages)): .words(messages.map(\.text))
    case .failure(let error): Ending(error)
    }
  }

  func attach() throws -> Int {
    let prompter = ScriptedPrompter()
    let connection = connection()
    let call = try start { broker throws(BrokerError) in
      try broker.attach(connection, Self.peer, prompter, profiles: nil)
    }
    for prompt in try call.result?.get() ?? [] { prompter.notify(.show(prompt)) }
    prompters.append((connection, prompter))
    return prompters.count - 1
  }

  func hangUp(_ prompter: Int) throws {
    let connection = prompters[prompter].connection
    _ = try start { broker throws(BrokerError) in broker.hangUp(connection) }
  }

  func open(_ prompter: Int) -> Prompt? { prompters[prompter].prompter.open }

  func farewell(_ prompter: Int) -> Ending? { prompters[prompter].prompter.farewell }

  func answer(_ prompter: Int, _ prompt: PromptID, _ answer: Answer) throws -> Reply {
    let connection = prompters[prompter].connection
    let call = try start { broker throws(BrokerError) in
      try await broker.answer(prompt, answer, timeout: .seconds(30), Self.peer, connection)
    }
    switch call.result {
    case nil: return .refused("the answer is not answered")
    case .success(.prompt(let next)):
      prompters[prompter].prompter.notify(.show(next))
      return .prompt(next)
    case .success(.completed):
      prompters[prompter].prompter.close()
      return .over(.tokens)
    case .success(.accomplished):
      prompters[prompter].prompter.close()
      return .over(.words([]))
    case .success(.failed(let error, _)):
      prompters[prompter].prompter.close()
      return .over(Ending(error))
    case .failure(let error): return Reply(error)
    }
  }

  func cancel(_ prompter: Int, _ prompt: PromptID) throws -> Reply {
    let call = try start { broker throws(BrokerError) in try broker.cancel(prompt, Self.peer) }
    switch call.result {
    case nil: return .refused("the cancel is not answered")
    case .success: return .over(.cancelled)
    case .failure(let error): return Reply(error)
    }
  }

  func token() throws -> String? {
    let call = try start { broker throws(BrokerError) in
      try broker.heldToken(TokenDemand(profile: "demo", interaction: .never), Self.peer)?
        .exposedText()
    }
    return (try? call.result?.get()) ?? nil
  }

  func losses(of prompt: Prompt) throws -> [String] {
    guard let answer = try issuer.newestAnswer() else { return ["no answer is behind it"] }
    var content = prompt.content
    // What a browser was told, and where to paste its address: of the broker, beside the engine's.
    content.messages.removeAll {
      $0.key?.hasPrefix("remedy.redirect.") == true || $0.key == "access_denied"
    }
    return PromptAudit(answer, content).losses
  }
}

/// Serves redirect URIs to the one browser there is.
private final class ScriptedReceiver: RedirectReceiver {
  typealias Judge =
    @Sendable (RedirectCallback, @escaping @Sendable (RedirectVerdict) -> Void) -> Void
  private struct State {
    var open: [Int: (uri: RedirectURI, judge: Judge)] = [:]
    var last = 0
  }
  private let state = Mutex(State())

  func open(
    _ uri: RedirectURI, opened: @escaping @Sendable (RedirectObstacle?) -> Void,
    judge: @escaping Judge
  ) -> @Sendable () -> Void {
    let number = state.withLock { state in
      state.last += 1
      state.open[state.last] = (uri, judge)
      return state.last
    }
    opened(nil)
    return { [weak self] in self?.state.withLock { $0.open[number] = nil } }
  }

  /// A browser comes to an address.
  func visit(_ address: String) {
    let open = state.withLock { $0.open.max { $0.key < $1.key }?.value }
    guard let open, let callback = try? open.uri.callback(ofURL: address) else { return }
    open.judge(callback) { _ in }
  }
}

extension DispatchSemaphore {
  /// Waits, for so long that a machine under load would have come to it.
  fileprivate func waitOrFail(_ what: String) throws {
    guard wait(timeout: .now() + 60) == .success else { throw Trouble("\(what) hangs") }
  }
}
