// A broker with everything around it in one process: a clock that the test turns, the simulated
// organisation as its issuer, and a real vault in a folder of its own.

import Foundation
import IdentityEngineSimulator
import JSON
import Logging
import Prompts
import Secrets
import Synchronization
import Testing
import TokenVault
import TurnedTime

@testable import TokenBroker

/// What a test of the broker stands on. Every step ends when nothing more happens by itself.
final class World: @unchecked Sendable {
  static let origin = "https://acme.okta.com"
  static let peer = Peer(pid: 4242, uid: 1000, gids: [1000])
  static let password = "correct horse battery staple"
  private static let vaultKey = Secret(copying: Array(repeating: UInt8(7), count: 32))
  private static let key: SigningKey? = try? SigningKey(.es256)

  let clock: TurnedClock
  let loop = Loop()
  private(set) var issuer: ModelIssuer
  /// The next start reads them.
  var profiles: [Profile]
  /// Where browsers come back to, where the test says so.
  private let redirects: (any RedirectReceiver)?
  let policy = AccessPolicy(mode: .user, serviceUID: 1000)
  private(set) var folder: URL
  private(set) var vault: Vault
  private(set) var broker: Broker
  private var running: Task<Void, Never>?
  private let tasks: LoopTasks
  private let executor: LoopExecutor
  private var lastConnection = 0

  /// - Parameters:
  ///   - accessLife: how long access tokens live, in seconds.
  ///   - profiles: by default one, called `demo`, of a public client with three scopes.
  ///   - redirects: serves loopback redirect URIs; by default nobody does.
  init(
    scenario name: String = "password", accessLife: Int = 3600, profiles: [Profile]? = nil,
    redirects: (any RedirectReceiver)? = nil
  ) async throws {
    var scenario = try #require(Scenario.named(name))
    scenario.accessTokenSeconds = accessLife
    scenario.switches.signingAlgorithm = .es256
    clock = TurnedClock()
    issuer = ModelIssuer(
      try Organisation(
        scenario: scenario, origin: Self.origin, seed: 7, key: Self.key),
      clock: clock)
    self.redirects = redirects
    self.profiles = profiles ?? [Self.profile(client: scenario.clients[0].identifier)]
    folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "world-\(UUID().uuidString)")
    executor = LoopExecutor(loop)
    tasks = LoopTasks(loop)
    let (vault, loaded) = try await Vault.open(directory: folder.path, key: Self.vaultKey)
    self.vault = vault
    broker = Self.broker(
      vault, loaded, issuer: issuer, profiles: self.profiles, clock: clock, executor: executor,
      redirects: redirects)
    run()
    await settle()
  }

  static func profile(
    name: String = "demo", client: String = OAuthClient.demo.identifier,
    allow: [AccessRule] = [], prompters: [AccessRule] = [], answers: UnattendedAnswers? = nil
  ) -> Profile {
    Profile(
      name: name, issuer: origin, clientID: client,
      scopes: ["openid", "profile", "offline_access"],
      redirectURI: "http://127.0.0.1:8765/callback", allow: allow, prompters: prompters,
      answers: answers)
  }

  private static func broker(
    _ vault: Vault, _ loaded: Vault.Loaded, issuer: ModelIssuer, profiles: [Profile],
    clock: TurnedClock, executor: LoopExecutor, redirects: (any RedirectReceiver)?
  ) -> Broker {
    Broker(
      Broker.Parts(
        profiles: profiles, limits: Limits(),
        policy: AccessPolicy(mode: .user, serviceUID: 1000), vault: vault, exchange: issuer,
        redirects: redirects, clock: clock,
        logger: Logger(label: "world") { _ in SwiftLogNoOpLogHandler() },
        userAgent: "test", render: { $0.accessToken }),
      records: loaded.records, executor: executor)
  }

  private func run() {
    running = Task.detached { [broker, tasks] in
      await withTaskExecutorPreference(tasks) { await broker.run() }
    }
  }

  // MARK: Time

  /// Returns when nothing more happens by itself: until the clock, the issuer or a call does.
  func settle() async {
    while true {
      let before = loop.count
      await loop.drained()
      _ = try? await vault.isNew
      await loop.drained()
      if loop.count == before { return }
    }
  }

  /// Lets time pass, alarm by alarm.
  func pass(_ time: Duration) async {
    var left = time
    while let next = clock.untilNextAlarm, next <= left {
      clock.pass(next)
      left -= next
      await settle()
    }
    clock.pass(left)
    await settle()
  }

  // MARK: Ends

  /// A shutdown and a start.
  ///
  /// - Parameter profiles: what the configuration says by then, where it has changed.
  func restart(profiles: [Profile]? = nil) async throws {
    await stop()
    self.profiles = profiles ?? self.profiles
    clock.forgetAlarms()
    try await begin(in: folder)
  }

  /// What `kill -9` leaves: the files as they are. What was under way never comes to its end.
  ///
  /// - Parameter off: how long the machine was off, where it was not only the process that died.
  func crash(reboot off: Duration? = nil) async throws {
    let copy = FileManager.default.temporaryDirectory.appendingPathComponent(
      "world-\(UUID().uuidString)")
    try FileManager.default.copyItem(at: folder, to: copy)
    let next = issuer.successor()
    await stop()
    try? FileManager.default.removeItem(at: folder)
    issuer = next
    clock.forgetAlarms()
    if let off { clock.reboot(off: off) }
    folder = copy
    try await begin(in: copy)
  }

  private func stop() async {
    // Nobody is there any more: the calls that wait end.
    for number in 1...max(lastConnection, 1) { await broker.hangUp(ConnectionID(number)) }
    await settle()
    running?.cancel()
    await running?.value
    await vault.close()
  }

  private func begin(in folder: URL) async throws {
    let (vault, loaded) = try await Vault.open(directory: folder.path, key: Self.vaultKey)
    self.vault = vault
    broker = Self.broker(
      vault, loaded, issuer: issuer, profiles: profiles, clock: clock, executor: executor,
      redirects: redirects)
    run()
    await settle()
  }

  /// The end of the test.
  func end() async {
    await stop()
    loop.stop()
    try? FileManager.default.removeItem(at: folder)
  }

  // MARK: Calls

  func connection() -> ConnectionID {
    lastConnection += 1
    return ConnectionID(lastConnection)
  }

  /// A call that is under way: what it brings is there once time, issuer and persons have let it.
  func start<Value: Sendable>(
    _ body: @escaping @Sendable (isolated Broker) async throws(BrokerError) -> Value
  ) async -> Call<Value> {
    let call = Call<Value>(clock)
    broker.start { broker in
      do throws(BrokerError) {
        call.end(.success(try await body(broker)))
      } catch {
        call.end(.failure(error))
      }
    }
    await settle()
    return call
  }

  /// `token.get`, as the socket asks for it.
  func get(
    _ demand: TokenDemand = TokenDemand(profile: "demo", interaction: .never),
    on connection: ConnectionID? = nil, by peer: Peer = World.peer
  ) async -> Call<String> {
    let connection = connection ?? self.connection()
    return await start { broker throws(BrokerError) in
      if let held = try broker.heldToken(demand, peer) { return held.exposedText() }
      return try await broker.token(demand, peer, connection).exposedText()
    }
  }

  func force(timeout: Duration = .seconds(120)) async -> Call<String> {
    await get(
      TokenDemand(profile: "demo", interaction: .never, timeout: timeout, forceRefresh: true))
  }

  /// Somebody who may answer, and the connection that is attached for them: they see what is open, and
  /// what comes.
  func prompter() async throws -> (ScriptedPerson, ConnectionID) {
    let (person, connection) = (ScriptedPerson(), connection())
    let shown = try await broker.attach(connection, Self.peer, person, profiles: nil)
    for prompt in shown { person.notify(.show(prompt)) }
    return (person, connection)
  }

  /// Signs Ann in by hand.
  func signIn(force: Bool = false) async throws {
    let (person, connection) = try await prompter()
    let call = await start { broker throws(BrokerError) in
      try await broker.login(
        LoginDemand(profile: "demo", force: force), World.peer, connection)
    }
    // The vault answers from a thread of its own, which nothing here counts.
    let deadline = ContinuousClock.now + .seconds(10)
    while call.result == nil, ContinuousClock.now < deadline {
      if let prompt = person.open { _ = await answer(prompt, on: connection, person) }
      await settle()
    }
    await broker.hangUp(connection)
    await settle()
    guard let result = call.result else { throw Unfinished() }
    _ = try result.get()
  }

  /// A sign-in did not come to its end by itself.
  struct Unfinished: Error {}

  /// Answers as Ann would.
  @discardableResult
  func answer(
    _ prompt: Prompt, on connection: ConnectionID, _ person: ScriptedPerson? = nil,
    password: String = World.password, timeout: Duration = .seconds(30)
  ) async -> Call<AnswerOutcome> {
    let isName = prompt.content.form("identify") != nil
    let answer =
      isName
      ? Answer(form: "identify", fields: ["identifier": "ann@example.com"])
      : Answer(
        form: "challenge-authenticator", fields: ["credentials.passcode": .string(password)])
    let call = await start { broker throws(BrokerError) in
      try await broker.answer(
        prompt.id, answer, timeout: timeout, World.peer, connection)
    }
    if case .success(.prompt(let next))? = call.result { person?.notify(.show(next)) }
    return call
  }
}

/// What a call has brought, if it has.
final class Call<Value: Sendable>: Sendable {
  private let clock: TurnedClock
  private let state = Mutex<(Result<Value, BrokerError>, Date)?>(nil)

  init(_ clock: TurnedClock) { self.clock = clock }

  var result: Result<Value, BrokerError>? { state.withLock { $0?.0 } }
  /// When that was, by everybody else's clock.
  var endedAt: Date? { state.withLock { $0?.1 } }
  var value: Value? { if case .success(let value)? = result { value } else { nil } }
  var error: BrokerError? { if case .failure(let error)? = result { error } else { nil } }

  func end(_ result: Result<Value, BrokerError>) {
    let now = clock.trueTime
    state.withLock { state in
      precondition(state == nil, "a call ended twice")
      state = (result, now)
    }
  }
}

/// A prompter that remembers what it was shown.
final class ScriptedPerson: Prompter {
  private let state = Mutex<[PrompterNotice]>([])

  func notify(_ notice: PrompterNotice) { state.withLock { $0.append(notice) } }

  var notices: [PrompterNotice] { state.withLock { $0 } }

  /// The prompt that is open, as far as this one was told.
  var open: Prompt? {
    var open: Prompt?
    for notice in notices {
      switch notice {
      case .show(let prompt), .update(let prompt): open = prompt
      case .withdraw(let id, _, _): if open?.id == id { open = nil }
      }
    }
    return open
  }

  var shownCount: Int {
    notices.count { if case .show = $0 { true } else { false } }
  }
}
