// The interface served: each method mapped to the domain and back. Everything here runs on the
// event loop that serves the socket, which is the broker's executor too.
//
// 1. A held token is answered in place, without a task.
// 2. What waits becomes a job of the broker's; its answer comes back on the event loop.

internal import BrokerInterface
internal import FoundationEssentials
internal import JSON
public import JSONRPC
public import LocalSocket
internal import Prompts
internal import Secrets
public import TokenBroker

/// Serves the broker's interface on the connections of a socket.
///
/// `@unchecked Sendable`: its state is touched on the event loop only, where LocalSocket calls it.
public final class InterfaceServer: ConnectionService, @unchecked Sendable {
  /// What the service says of itself.
  public struct Identity: Sendable {
    /// The version of the program.
    public var version: String
    /// Whether it serves the machine or one user.
    public var mode: Mode
    /// Its process.
    public var pid: Int32

    /// Made of its parts.
    public init(version: String, mode: Mode, pid: Int32) {
      self.version = version
      self.mode = mode
      self.pid = pid
    }
  }

  /// How many calls of one uid may be under way: a full batch on each of the connections that it has
  /// by default.
  static let callsPerUID = 64 * 32

  private let broker: Broker
  private let identity: Identity
  private let limits: Limits
  private var connectionsByUID: [UInt32: Int] = [:]
  /// How many calls are under way that could not be answered in place.
  private var callsByUID: [UInt32: Int] = [:]
  /// Who is at the other end, by the number of the connection.
  private var callers: [Int: Caller] = [:]

  /// Who made a connection, and the hold on that process until it has been looked at.
  private struct Caller {
    var peer: Peer
    var process: PeerProcess?
    var isDescribed = false
  }

  /// Made of its parts.
  public init(_ broker: Broker, identity: Identity, limits: Limits) {
    self.broker = broker
    self.identity = identity
    self.limits = limits
  }

  // MARK: Connections

  /// Refuses a uid that has as many connections as the configuration lets it have.
  public func admit(_ peer: PeerCredentials) -> RPCError? {
    guard connectionsByUID[peer.uid, default: 0] < limits.connectionsPerUID else {
      return RPCError(
        reason: .quotaExceeded,
        message: "\(limits.connectionsPerUID) connections of this uid are open, which is the limit")
    }
    return nil
  }

  /// Begins to count a connection.
  public func opened(_ connection: Connection) {
    connectionsByUID[connection.peer.uid, default: 0] += 1
    callers[connection.id] = Caller(peer: Peer(connection))
  }

  /// Ends all that hangs on a connection: its calls, prompts and subscriptions.
  public func closed(_ connection: Connection) {
    let uid = connection.peer.uid
    let count = connectionsByUID[uid, default: 1] - 1
    connectionsByUID[uid] = count > 0 ? count : nil
    callers[connection.id] = nil
    broker.assumeIsolated { $0.hangUp(ConnectionID(connection.id)) }
  }

  private func peer(_ connection: Connection) -> Peer {
    callers[connection.id]?.peer ?? Peer(connection)
  }

  // MARK: Calls

  /// Hands a request to the broker; what that says goes to `reply`, now or later.
  public func received(_ request: Request, on connection: Connection, reply: ReplySlot) {
    do {
      let call = try BrokerCall(method: request.method, params: request.params)
      handle(call, on: connection, reply: reply)
    } catch {
      reply(.failure(error))
    }
  }

  private func handle(_ call: BrokerCall, on connection: Connection, reply: ReplySlot) {
    switch call {
    case .tokenGet(let params):
      token(params, connection, reply)
    case .tokenSubscribe(let params):
      subscribe(params, connection, reply)
    case .tokenUnsubscribe(let params):
      let peer = peer(connection)
      let id = ConnectionID(connection.id)
      respond(reply, profile: params.profile) { broker throws(BrokerError) in
        try broker.unsubscribe(params.profile, scopes: params.scopes, peer, id)
        return [:]
      }
    case .tokenIntrospect(let params):
      introspect(params, connection, reply)
    case .tokenClaims(let params):
      let peer = peer(connection)
      respond(reply, profile: params.profile) { broker throws(BrokerError) in
        TokenClaims.Result(claims: try broker.claims(params.profile, peer)).json
      }
    case .dpopProve(let params):
      prove(params, connection, reply)
    case .promptAnswer(let params):
      answer(params, connection, reply)
    case .sessionLogin(let params):
      login(params, connection, reply)
    case .sessionLogout(let params):
      logout(params, connection, reply)
    case .promptAttach(let params):
      attach(params, connection, reply)
    case .promptDetach:
      broker.assumeIsolated { $0.detach(ConnectionID(connection.id)) }
      reply(.result([:]))
    case .promptCancel(let params):
      let peer = peer(connection)
      respond(reply, profile: nil) { broker throws(BrokerError) in
        try broker.cancel(params.prompt, peer)
        return [:]
      }
    case .vaultUnlock(let params):
      unlock(params, connection, reply)
    case .profileList:
      let peer = peer(connection)
      respond(reply, profile: nil) { broker throws(BrokerError) in
        let list = try broker.profileList(peer).map { ProfileSummary($0.0, $0.1) }
        return ProfileList.Result(profiles: list).json
      }
    case .sessionList:
      let peer = peer(connection)
      respond(reply, profile: nil) { broker throws(BrokerError) in
        SessionList.Result(sessions: try broker.sessions(peer).map { SessionSummary($0) }).json
      }
    case .brokerInfo:
      reply(.result(info(peer(connection))))
    case .discover:
      reply(.result(Discover.Result().json))
    }
  }

  private func token(_ params: TokenGet.Params, _ connection: Connection, _ reply: ReplySlot) {
    let demand = TokenDemand(params)
    let peer = peer(connection)
    let held = broker.assumeIsolated { broker -> Result<Secret?, BrokerError> in
      do throws(BrokerError) {
        return .success(try broker.heldToken(demand, peer))
      } catch {
        return .failure(error)
      }
    }
    switch held {
    case .success(let token?):
      reply(.rendered(token))
    case .failure(let error):
      reply(.failure(RPCError(error, profile: params.profile)))
    case .success(nil):
      let id = ConnectionID(connection.id)
      start(connection, reply, profile: params.profile, with: description(of: connection)) {
        broker, peer throws(BrokerError) in
        self.described(peer, connection)
        return .rendered(try await broker.token(demand, peer, id))
      }
    }
  }

  private func subscribe(
    _ params: TokenSubscribe.Params, _ connection: Connection, _ reply: ReplySlot
  ) {
    let subscriber = SubscriberConnection(connection)
    let peer = peer(connection)
    let id = ConnectionID(connection.id)
    let held = broker.assumeIsolated { broker -> Result<Secret?, BrokerError> in
      do throws(BrokerError) {
        return .success(
          try broker.subscribe(params.profile, scopes: params.scopes, peer, id, subscriber))
      } catch {
        return .failure(error)
      }
    }
    switch held {
    case .success(let token?): reply(.rendered(token))
    case .success(nil): reply(.result(.null))
    case .failure(let error): reply(.failure(RPCError(error, profile: params.profile)))
    }
  }

  private func introspect(
    _ params: TokenIntrospect.Params, _ connection: Connection, _ reply: ReplySlot
  ) {
    let peer = peer(connection)
    start(connection, reply, profile: params.profile) { broker throws(BrokerError) in
      let said = try await broker.introspect(
        params.profile, token: params.token, timeout: .seconds(params.timeout), peer)
      return .result(TokenIntrospect.Result(answer: said).json)
    }
  }

  private func prove(_ params: DPoPProve.Params, _ connection: Connection, _ reply: ReplySlot) {
    let demand = ProofDemand(
      profile: params.profile, scopes: params.scopes, method: params.method, url: params.url,
      nonce: params.nonce)
    let peer = peer(connection)
    start(connection, reply, profile: params.profile) { broker throws(BrokerError) in
      .result(DPoPProve.Result(proof: try await broker.prove(demand, peer)).json)
    }
  }

  private func login(_ params: SessionLogin.Params, _ connection: Connection, _ reply: ReplySlot) {
    let demand = LoginDemand(params)
    let id = ConnectionID(connection.id)
    start(connection, reply, profile: params.profile, with: description(of: connection)) {
      broker, peer throws(BrokerError) in
      self.described(peer, connection)
      return .result(SessionLogin.Result(try await broker.login(demand, peer, id)).json)
    }
  }

  private func logout(
    _ params: SessionLogout.Params, _ connection: Connection, _ reply: ReplySlot
  ) {
    let peer = peer(connection)
    start(connection, reply, profile: params.profile) { broker throws(BrokerError) in
      let outcome = try await broker.logout(
        params.profile, localOnly: params.localOnly, timeout: .seconds(params.timeout), peer)
      return .result(
        SessionLogout.Result(revoked: outcome.isRevoked, queued: outcome.isQueued).json)
    }
  }

  private func unlock(
    _ params: VaultUnlock.Params, _ connection: Connection, _ reply: ReplySlot
  ) {
    let peer = peer(connection)
    start(connection, reply, profile: nil) { broker throws(BrokerError) in
      try await broker.unlock(params.passphrase, peer)
      return .result([:])
    }
  }

  private func answer(
    _ params: PromptAnswer.Params, _ connection: Connection, _ reply: ReplySlot
  ) {
    let id = ConnectionID(connection.id)
    let peer = peer(connection)
    start(connection, reply, profile: nil) { broker throws(BrokerError) in
      let outcome = try await broker.answer(
        params.prompt, params.answer, timeout: .seconds(params.timeout), peer, id)
      return .result(broker.outcome(outcome).json)
    }
  }

  private func attach(
    _ params: PromptAttach.Params, _ connection: Connection, _ reply: ReplySlot
  ) {
    let prompter = PrompterConnection(connection)
    let peer = peer(connection)
    let id = ConnectionID(connection.id)
    respond(reply, profile: nil) { broker throws(BrokerError) in
      let prompts = try broker.attach(id, peer, prompter, profiles: params.profiles)
      return PromptAttach.Result(prompts: prompts).json
    }
  }

  private func info(_ peer: Peer) -> JSONValue {
    let identity = identity
    return broker.assumeIsolated { broker in
      let counts = broker.counts(peer)
      return BrokerInfo.Result(
        version: identity.version, mode: identity.mode == .system ? .system : .user,
        pid: Int(identity.pid), startedAt: broker.startedAt.rfc3339, profiles: counts.profiles,
        sessions: counts.sessions, prompters: counts.prompters,
        vault: broker.vaultState(peer).map { BrokerInfo.VaultState($0) }
      ).json
    }
  }

  /// Answers with what a call of the broker's brings, whenever that is.
  private func start(
    _ connection: Connection, _ reply: ReplySlot, profile: String?,
    _ call: @escaping @Sendable (isolated Broker) async throws(BrokerError) -> Reply
  ) {
    start(connection, reply, profile: profile, with: {}) { broker, _ throws(BrokerError) in
      try await call(broker)
    }
  }

  /// The same for a caller of whom more has to be found out first, off the event loop. A uid that has
  /// too many calls under way is refused the next.
  private func start<Value: Sendable>(
    _ connection: Connection, _ reply: ReplySlot, profile: String?,
    with prepare: @escaping @Sendable () -> Value,
    _ call: @escaping @Sendable (isolated Broker, Value) async throws(BrokerError) -> Reply
  ) {
    let uid = connection.peer.uid
    let count = callsByUID[uid, default: 0]
    guard count < Self.callsPerUID else {
      let fault = BrokerError.quotaExceeded(
        "\(count) calls of this uid are under way, which is the limit")
      reply(.failure(RPCError(fault, profile: profile)))
      return
    }
    callsByUID[uid] = count + 1
    broker.start(with: prepare) { broker, value in
      let answer: Reply
      do throws(BrokerError) {
        answer = try await call(broker, value)
      } catch {
        answer = .failure(RPCError(error, profile: profile))
      }
      self.ended(of: uid)
      reply(answer)
    }
  }

  private func ended(of uid: UInt32) {
    let count = callsByUID[uid, default: 1] - 1
    callsByUID[uid] = count > 0 ? count : nil
  }

  /// Answers with what the broker says in place.
  private func respond(
    _ reply: ReplySlot, profile: String?,
    _ body: @Sendable (isolated Broker) throws(BrokerError) -> JSONValue
  ) {
    let answer = broker.assumeIsolated { broker -> Reply in
      do throws(BrokerError) {
        return .result(try body(broker))
      } catch {
        return .failure(RPCError(error, profile: profile))
      }
    }
    reply(answer)
  }

  /// Finds out what runs at the other end, which costs a look into /proc: only for calls that may
  /// raise a prompt, off the event loop, and once a connection.
  private func description(of connection: Connection) -> @Sendable () -> Peer {
    let peer = peer(connection)
    guard let caller = callers[connection.id], !caller.isDescribed else { return { peer } }
    let process = caller.process ?? connection.process()
    callers[connection.id]?.process = process
    return {
      var peer = peer
      let facts = process?.facts()
      peer.exe = facts?.exe
      peer.unit = facts?.userUnit ?? facts?.unit
      return peer
    }
  }

  private func described(_ peer: Peer, _ connection: Connection) {
    guard callers[connection.id] != nil else { return }
    callers[connection.id] = Caller(peer: peer, isDescribed: true)
  }
}
