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
    public var version: String
    public var mode: Mode
    public var pid: Int32

    public init(version: String, mode: Mode, pid: Int32) {
      self.version = version
      self.mode = mode
      self.pid = pid
    }
  }

  private let broker: Broker
  private let identity: Identity
  private let limits: Limits
  private var connectionsByUID: [UInt32: Int] = [:]
  /// Who is at the other end, by the number of the connection.
  private var peers: [Int: Peer] = [:]

  public init(_ broker: Broker, identity: Identity, limits: Limits) {
    self.broker = broker
    self.identity = identity
    self.limits = limits
  }

  // MARK: Connections

  public func admit(_ peer: PeerCredentials) -> RPCError? {
    guard connectionsByUID[peer.uid, default: 0] < limits.connectionsPerUID else {
      return RPCError(
        reason: .quotaExceeded,
        message: "\(limits.connectionsPerUID) connections of this uid are open, which is the limit")
    }
    return nil
  }

  public func opened(_ connection: Connection) {
    connectionsByUID[connection.peer.uid, default: 0] += 1
    peers[connection.id] = Peer(connection)
  }

  public func closed(_ connection: Connection) {
    let uid = connection.peer.uid
    let count = connectionsByUID[uid, default: 1] - 1
    connectionsByUID[uid] = count > 0 ? count : nil
    peers[connection.id] = nil
    broker.assumeIsolated { $0.hangUp(ConnectionID(connection.id)) }
  }

  private func peer(_ connection: Connection) -> Peer {
    peers[connection.id] ?? Peer(connection)
  }

  // MARK: Calls

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
    case .tokenIntrospect(let params):
      introspect(params, connection, reply)
    case .tokenClaims(let params):
      let peer = Peer(connection)
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
    case .brokerInfo, .profileList, .sessionList, .discover:
      reply(.result(facts(call, peer(connection))))
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
      broker.start(with: description(of: peer, connection)) { broker, described in
        let answer: Reply
        do throws(BrokerError) {
          answer = .rendered(try await broker.token(demand, described, id))
        } catch {
          answer = .failure(RPCError(error, profile: demand.profile))
        }
        reply(answer)
      }
    }
  }

  private func introspect(
    _ params: TokenIntrospect.Params, _ connection: Connection, _ reply: ReplySlot
  ) {
    let peer = Peer(connection)
    broker.start { broker in
      let answer: Reply
      do throws(BrokerError) {
        let said = try await broker.introspect(
          params.profile, token: params.token, timeout: .seconds(params.timeout), peer)
        answer = .result(TokenIntrospect.Result(answer: said).json)
      } catch {
        answer = .failure(RPCError(error, profile: params.profile))
      }
      reply(answer)
    }
  }

  private func prove(_ params: DPoPProve.Params, _ connection: Connection, _ reply: ReplySlot) {
    let demand = ProofDemand(
      profile: params.profile, scopes: params.scopes, method: params.method, url: params.url,
      nonce: params.nonce)
    let peer = Peer(connection)
    broker.start { broker in
      let answer: Reply
      do throws(BrokerError) {
        answer = .result(DPoPProve.Result(proof: try await broker.prove(demand, peer)).json)
      } catch {
        answer = .failure(RPCError(error, profile: params.profile))
      }
      reply(answer)
    }
  }

  private func login(_ params: SessionLogin.Params, _ connection: Connection, _ reply: ReplySlot) {
    let demand = LoginDemand(params)
    let id = ConnectionID(connection.id)
    broker.start(with: description(of: peer(connection), connection)) { broker, peer in
      let answer: Reply
      do throws(BrokerError) {
        answer = .result(
          SessionLogin.Result(try await broker.login(demand, peer, id)).json)
      } catch {
        answer = .failure(RPCError(error, profile: params.profile))
      }
      reply(answer)
    }
  }

  private func logout(
    _ params: SessionLogout.Params, _ connection: Connection, _ reply: ReplySlot
  ) {
    let peer = peer(connection)
    broker.start { broker in
      let answer: Reply
      do throws(BrokerError) {
        let isRevoked = try await broker.logout(
          params.profile, localOnly: params.localOnly, timeout: .seconds(params.timeout), peer)
        answer = .result(SessionLogout.Result(revoked: isRevoked).json)
      } catch {
        answer = .failure(RPCError(error, profile: params.profile))
      }
      reply(answer)
    }
  }

  private func unlock(
    _ params: VaultUnlock.Params, _ connection: Connection, _ reply: ReplySlot
  ) {
    let peer = Peer(connection)
    broker.start { broker in
      let answer: Reply
      do throws(BrokerError) {
        try await broker.unlock(params.passphrase, peer)
        answer = .result([:])
      } catch {
        answer = .failure(RPCError(error, profile: nil))
      }
      reply(answer)
    }
  }

  private func answer(
    _ params: PromptAnswer.Params, _ connection: Connection, _ reply: ReplySlot
  ) {
    let id = ConnectionID(connection.id)
    let peer = peer(connection)
    broker.start { broker in
      let answer: Reply
      do throws(BrokerError) {
        let outcome = try await broker.answer(
          params.prompt, params.answer, timeout: .seconds(params.timeout), peer, id)
        answer = .result(broker.outcome(outcome).json)
      } catch {
        answer = .failure(RPCError(error, profile: nil))
      }
      reply(answer)
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

  private func facts(_ call: BrokerCall, _ peer: Peer) -> JSONValue {
    let identity = identity
    return broker.assumeIsolated { broker in
      switch call {
      case .profileList:
        let list = broker.profileList(peer).map { ProfileSummary($0.0, $0.1) }
        return ProfileList.Result(profiles: list).json
      case .sessionList:
        return SessionList.Result(sessions: broker.sessions(peer).map { SessionSummary($0) }).json
      case .brokerInfo:
        let counts = broker.counts(peer)
        return BrokerInfo.Result(
          version: identity.version, mode: identity.mode == .system ? .system : .user,
          pid: Int(identity.pid), startedAt: broker.startedAt.rfc3339, profiles: counts.profiles,
          sessions: counts.sessions, prompters: counts.prompters,
          vault: broker.vaultState(peer).map { BrokerInfo.VaultState($0) }
        ).json
      default:
        return Discover.Result().json
      }
    }
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
  /// raise a prompt, and off the event loop.
  private func description(
    of peer: Peer, _ connection: Connection
  ) -> @Sendable () -> Peer {
    let process = connection.process()
    return {
      var peer = peer
      let facts = process?.facts()
      peer.exe = facts?.exe
      peer.unit = facts?.userUnit ?? facts?.unit
      return peer
    }
  }
}

/// A connection as the broker sees a prompter.
///
/// `@unchecked Sendable`: called on the event loop only, which is the broker's executor.
private final class PrompterConnection: Prompter, @unchecked Sendable {
  private let connection: Connection

  init(_ connection: Connection) {
    self.connection = connection
  }

  func notify(_ notice: PrompterNotice) {
    let notification: BrokerNotification =
      switch notice {
      case .show(let prompt): .show(PromptShow(prompt: prompt))
      case .update(let prompt): .update(PromptUpdate(prompt: prompt))
      case .withdraw(let id, let reason, let messages):
        .withdraw(
          PromptWithdraw(
            prompt: id, reason: PromptWithdraw.Reason(reason), message: messages.first?.text,
            messages: messages))
      }
    connection.notify(method: notification.method, params: notification.params)
  }
}

extension PromptWithdraw.Reason {
  fileprivate init(_ reason: PrompterNotice.Reason) {
    switch reason {
    case .answered: self = .answered
    case .completed: self = .completed
    case .failed: self = .failed
    case .cancelled: self = .cancelled
    case .expired: self = .expired
    }
  }
}

extension BrokerInfo.VaultState {
  fileprivate init(_ state: TokenBroker.VaultState) {
    switch state {
    case .open: self = .open
    case .locked: self = .locked
    case .new: self = .new
    }
  }
}

extension Peer {
  fileprivate init(_ connection: Connection) {
    let peer = connection.peer
    self.init(pid: peer.pid, uid: peer.uid, gids: [peer.gid] + peer.groups)
  }
}

extension TokenDemand {
  fileprivate init(_ params: TokenGet.Params) {
    let interaction: Interaction =
      switch params.interaction {
      case .auto: .auto
      case .wait: .wait
      case .never: .never
      }
    self.init(
      profile: params.profile, scopes: params.scopes, minimumLifetime: params.minTTL,
      interaction: interaction, timeout: .seconds(params.timeout),
      forceRefresh: params.forceRefresh, reason: params.reason)
  }
}

extension LoginDemand {
  fileprivate init(_ params: SessionLogin.Params) {
    let flow: Flow =
      switch params.flow {
      case .authenticate: .authenticate
      case .register: .register
      case .recover: .recover
      case .unlock: .unlock
      }
    self.init(
      profile: params.profile, flow: flow, loginHint: params.loginHint,
      links: LinkTokens(activation: params.activationToken, recovery: params.recoveryToken),
      force: params.force, timeout: .seconds(params.timeout))
  }
}

extension SessionLogin.Result {
  fileprivate init(_ outcome: LoginOutcome) {
    switch outcome {
    case .session(let facts): self.init(session: SessionSummary(facts))
    case .withoutTokens(let messages): self.init(session: nil, messages: messages)
    }
  }
}

extension Broker {
  fileprivate func outcome(
    _ outcome: TokenBroker.AnswerOutcome
  ) -> BrokerInterface.AnswerOutcome {
    switch outcome {
    case .prompt(let prompt):
      BrokerInterface.AnswerOutcome(outcome: .prompt, prompt: prompt)
    case .completed(let key):
      BrokerInterface.AnswerOutcome(
        outcome: .completed, session: facts(key).map { SessionSummary($0) })
    case .accomplished:
      BrokerInterface.AnswerOutcome(outcome: .completed)
    case .failed(let error):
      BrokerInterface.AnswerOutcome(
        outcome: .failed, error: RPCError(error, profile: nil))
    }
  }
}
