// The one actor of the house: it owns every session, transaction and prompter, and runs on the
// event loop that serves the socket, so that a held token is answered without a hop.
//
// 1. State is read and written without an `await` in between. What waits is a job: it starts with
//    plain values and comes back through a method of the actor, which looks the state up again.
// 2. Who comes back shows what it left with (a transaction id, a ticket): what has changed since is
//    recognised, and a late result is dropped.
// 3. Jobs are children of the group that `run()` owns; nothing runs that nobody waits for.
// 4. A refresh token that rotates is on disk before anybody sees the access token that came with it.
// 5. A shutdown begins no refresh, and cuts none short: its answer would be lost.

public import FoundationEssentials
internal import InteractionCodeFlow
public import Logging
internal import OAuth
internal import Prompts
public import Secrets
public import TokenVault

/// The domain: profiles, sessions, transactions, prompters, policy.
public actor Broker {
  /// What the broker is made of. Everything that is outside comes in here.
  public struct Parts: Sendable {
    /// What there is to sign in to.
    public var profiles: [Profile]
    /// How much one user may have under way.
    public var limits: Limits
    /// Who may do what.
    public var policy: AccessPolicy
    /// Where what must outlive the process lies.
    public var vault: Vault
    /// The way to issuers.
    public var exchange: any HTTPExchange
    /// Serves loopback redirect URIs; `nil` where browsers never come back by themselves.
    public var redirects: (any RedirectReceiver)?
    /// The time, and alarms.
    public var clock: any BrokerClock
    /// Where decisions are written down; never a secret.
    public var logger: Logger
    /// Makes the bytes of `token.get`'s answer, once a token.
    public var render: @Sendable (TokenGrant) -> Secret
    /// What issuers are told of the program.
    public var userAgent: String
    /// Whether the vault waits for a passphrase (`nil`: it is open), and then whether there is none
    /// yet, so that the first passphrase makes it.
    public var vaultIsNew: Bool?
    /// Called when a passphrase has opened the vault, with what it held.
    public var unlocked: @Sendable (Vault.Loaded) -> Void

    /// Made of its parts; what is left out has the value that stands here.
    public init(
      profiles: [Profile], limits: Limits, policy: AccessPolicy, vault: Vault,
      exchange: any HTTPExchange, redirects: (any RedirectReceiver)? = nil,
      clock: any BrokerClock, logger: Logger, userAgent: String,
      vaultIsNew: Bool? = nil, unlocked: @escaping @Sendable (Vault.Loaded) -> Void = { _ in },
      render: @escaping @Sendable (TokenGrant) -> Secret
    ) {
      self.profiles = profiles
      self.limits = limits
      self.policy = policy
      self.vault = vault
      self.exchange = exchange
      self.redirects = redirects
      self.clock = clock
      self.logger = logger
      self.userAgent = userAgent
      self.vaultIsNew = vaultIsNew
      self.unlocked = unlocked
      self.render = render
    }
  }

  /// What is known of a (profile, owner): its device token, and its session while there is one.
  struct Entry {
    var deviceToken: String
    var session: Session?
  }

  typealias Job = @Sendable () async -> Void

  private let executor: any SerialExecutor
  let parts: Parts
  let issuers: Issuers
  let profiles: [String: Profile]
  var entries: [SessionKey: Entry]
  var gate: VaultGate
  var transactions: [SessionKey: RunningTransaction] = [:]
  /// What is still to be done with the records of transactions, and where that is under way.
  var checkpointChanges: [SessionKey: CheckpointChange] = [:]
  var checkpointsUnderWay: Set<SessionKey> = []
  /// Who waits until nothing of that is left.
  var checkpointWaiters: [SessionKey: [CheckedContinuation<Void, Never>]] = [:]
  /// What the vault held at the start, for `run()`.
  private var unresumed: [(Vault.Name, Secret)]
  var refreshes: [SessionKey: RunningRefresh] = [:]
  /// Pauses after refreshes that failed.
  var backOffs: [SessionKey: BackOff] = [:]
  /// Pauses for single sets of scopes that the issuer refuses.
  var refusals: [SessionKey: [ScopeSet: BackOff]] = [:]
  /// When a session could last not be renewed, on the uptime clock, until it can be.
  var failedAt: [SessionKey: Duration] = [:]
  /// When a session was last asked for a token, on the uptime clock.
  var lastUse: [SessionKey: Duration] = [:]
  /// The next time that somebody looks whether a session's tokens are due.
  var lookouts: [SessionKey: Alarm] = [:]
  /// Rings to see whether somebody has set the wall clock, or the machine has slept.
  var clockWatch: Alarm?
  var board = PromptBoard()
  var subscriptions = Subscriptions()
  /// What the issuers have still to be told, and of which keys the vault has a record of that.
  var revocations: [SessionKey: RevocationQueue] = [:]
  var revocationsKept: Set<SessionKey> = []
  /// Sessions that are over in memory and perhaps not on disk.
  var undeleted: Set<SessionKey> = []
  /// Until when a sign-in that a person cancelled or the engine refused is not raised again by a
  /// caller, on the uptime clock.
  var quietUntil: [SessionKey: Duration] = [:]
  /// Pauses after sign-ins whose tokens, or whose client, were refused.
  var rejections: [SessionKey: BackOff] = [:]
  /// Why a profile's configured answers are not given any more, by its name.
  var answersStopped: [String: AnswersStopped] = [:]
  /// Whose turn it is to give them.
  var answerTurns = AnswerTurns()
  /// Numbers the changes of that which the vault has not taken yet, and which profiles it has a record
  /// of.
  var stopChanges: [String: Int] = [:]
  var stopsKept: Set<String> = []
  /// The step of the newest time-based code that was given for a profile: none is given twice.
  var codesUsed: [String: Int64] = [:]
  /// Whether the service is shutting down: no refresh is begun any more.
  var isStopping = false
  /// Ends when the last refresh does, where the shutdown waits for that.
  var refreshesEnd: AsyncStream<Void>.Continuation?
  /// What the issuers' clocks showed when they were last heard, by the issuer.
  var issuerClocks: [String: IssuerClock] = [:]
  private var lastWaiter = 0
  private let jobs: AsyncStream<Job>
  private let submit: AsyncStream<Job>.Continuation
  nonisolated public let startedAt: Date

  /// - Parameters:
  ///   - records: what the vault held when it was opened; none while it is locked.
  ///   - executor: the event loop that serves the socket.
  public init(
    _ parts: Parts, records: [(Vault.Name, Secret)], executor: any SerialExecutor
  ) {
    self.parts = parts
    self.executor = executor
    profiles = Dictionary(parts.profiles.map { ($0.name, $0) }) { first, _ in first }
    issuers = Issuers(exchange: parts.exchange, clock: parts.clock, userAgent: parts.userAgent)
    (jobs, submit) = AsyncStream.makeStream(of: Job.self)
    startedAt = parts.clock.now()
    gate = VaultGate(parts.vaultIsNew.map { .locked(isNew: $0) } ?? .open)
    entries = Self.entries(
      of: records, for: profiles, rendering: parts.render, now: parts.clock.moment)
    unresumed = records.filter { $0.0.kind != "session" }
  }

  nonisolated public var unownedExecutor: UnownedSerialExecutor {
    unsafe executor.asUnownedSerialExecutor()
  }

  /// Takes up the transactions that were under way, and runs the jobs until `shutDown()`, or until
  /// the task is cancelled, which drops what is under way.
  public func run() async {
    takeUpAnswers(unresumed)
    resumeTransactions(unresumed)
    resumeRevocations(unresumed)
    unresumed = []
    let jobs = jobs
    settleRefreshes()
    await withDiscardingTaskGroup { group in
      for await job in jobs {
        group.addTask(operation: job)
      }
      group.cancelAll()
    }
    await finishCheckpoints()
  }

  /// Has `run()` end: no refresh is begun any more, and those under way are waited for.
  nonisolated public func shutDown() {
    start { broker in
      await broker.finishRefreshes()
      broker.submit.finish()
    }
  }

  /// Starts work that waits for something outside.
  nonisolated func spawn(_ job: @escaping Job) {
    submit.yield(job)
  }

  /// Starts a call that may wait; it runs inside the actor.
  nonisolated public func start(_ call: @escaping @Sendable (isolated Broker) async -> Void) {
    spawn { await call(self) }
  }

  /// The same, with what has to be found out first, off the event loop; what `prepare` holds on to is
  /// let go when it has run.
  nonisolated public func start<Value: Sendable>(
    with prepare: @escaping @Sendable () -> Value,
    _ call: @escaping @Sendable (isolated Broker, Value) async -> Void
  ) {
    spawn {
      let value = prepare()
      self.start { broker in await call(broker, value) }
    }
  }

  // MARK: Waiting

  /// Waits in a table until somebody resumes the call, or its deadline passes.
  ///
  /// - Parameters:
  ///   - deadline: on the uptime clock.
  ///   - enter: puts the call into its table; or gives what is to be said at once, where there is
  ///     nothing to wait for any more: before it runs others may have had their turn.
  ///   - leave: takes it out with a time-out, where it still waits.
  func wait<Value: Sendable>(
    until deadline: Duration,
    enter: (isolated Broker, WaiterID, Waiters<Value>.Continuation, Alarm) -> Result<
      Value, BrokerError
    >?,
    leave: @escaping @Sendable (isolated Broker, WaiterID) -> Void
  ) async throws(BrokerError) -> Value {
    lastWaiter += 1
    let id = WaiterID(number: lastWaiter)
    let result = await withCheckedContinuation { continuation in
      let alarm = alarm(after: deadline - uptime) { broker in leave(broker, id) }
      guard let result = enter(self, id, continuation, alarm) else { return }
      alarm.cancel()
      continuation.resume(returning: result)
    }
    return try result.get()
  }

  /// Has something done that waits for a disk or an issuer, and waits for it until a deadline. It
  /// goes on when nobody waits for it any more.
  ///
  /// - Throws: what it throws, or `timeout`.
  func within<Value: Sendable>(
    _ deadline: Duration,
    _ work: @escaping @Sendable (isolated Broker) async throws(BrokerError) -> Value
  ) async throws(BrokerError) -> Value {
    let errand = Errand<Value>()
    return try await wait(until: deadline) { broker, id, continuation, alarm in
      errand.waiters.add(id, continuation, alarm: alarm, connection: nil)
      broker.start { broker in
        do throws(BrokerError) {
          let value = try await work(broker)
          errand.waiters.resumeAll(.success(value))
        } catch {
          errand.waiters.resumeAll(.failure(error))
        }
      }
      return nil
    } leave: { _, id in
      errand.waiters.resume(id, .failure(.timeout(waitingFor: .issuer)))
    }
  }

  /// An alarm that rings inside the actor.
  func alarm(
    after delay: Duration, _ action: @escaping @Sendable (isolated Broker) -> Void
  ) -> Alarm {
    parts.clock.schedule(after: max(delay, .zero)) { [weak self] in
      guard let self else { return }
      self.spawn { await action(self) }
    }
  }

  var uptime: Duration { parts.clock.uptime() }
  var moment: Moment { parts.clock.moment }

  // MARK: Looking up

  /// The profile, where the peer may use it; else the same as where there is none.
  func usableProfile(_ name: String, _ peer: Peer) throws(BrokerError) -> Profile {
    guard let profile = profiles[name], parts.policy.mayKnow(profile, peer) else {
      throw .unknownProfile(name)
    }
    guard parts.policy.mayUse(profile, peer) else {
      throw .accessDenied("this caller may answer prompts for \(name), not have its tokens")
    }
    guard !gate.isLocked else { throw .vaultLocked }
    return profile
  }

  func key(_ profile: Profile, _ peer: Peer) -> SessionKey {
    SessionKey(profile: profile.name, owner: parts.policy.owner(of: profile, for: peer))
  }

  /// The device token of a (profile, owner), made at its first use: 32 letters and digits, as
  /// clients of the engine send it.
  func deviceToken(_ key: SessionKey) -> String {
    if let entry = entries[key] { return entry.deviceToken }
    let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
    var token = ""
    while token.count < 32 {
      // 248 is the largest multiple of 62 in a byte: every letter is as likely as any other.
      for byte in RandomBytes.bytes(48) where byte < 248 && token.count < 32 {
        token.append(letters[Int(byte) % letters.count])
      }
    }
    entries[key] = Entry(deviceToken: token, session: nil)
    // Before there is a session too: a sign-in that is resumed is to come from the same device.
    start { broker in try? await broker.save(key) }
    return token
  }
}
