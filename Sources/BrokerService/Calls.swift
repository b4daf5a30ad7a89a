// Calls in the domain's words, and what comes of them in the interface's. No decision is made here.

internal import BrokerInterface
internal import JSONRPC
internal import LocalSocket
internal import TokenBroker

extension PromptWithdraw.Reason {
  init(_ reason: PrompterNotice.Reason) {
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
  init(_ state: TokenBroker.VaultState) {
    switch state {
    case .open: self = .open
    case .locked: self = .locked
    case .new: self = .new
    }
  }
}

extension Peer {
  init(_ connection: Connection) {
    let peer = connection.peer
    self.init(pid: peer.pid, uid: peer.uid, gids: [peer.gid] + peer.groups)
  }
}

extension TokenDemand {
  init(_ params: TokenGet.Params) {
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
  init(_ params: SessionLogin.Params) {
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
  init(_ outcome: LoginOutcome) {
    switch outcome {
    case .session(let facts): self.init(session: SessionSummary(facts))
    case .withoutTokens(let messages): self.init(session: nil, messages: messages)
    }
  }
}

extension Broker {
  func outcome(
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
    case .failed(let error, let profile):
      BrokerInterface.AnswerOutcome(
        outcome: .failed, error: RPCError(error, profile: profile))
    }
  }
}
