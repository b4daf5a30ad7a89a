// The one table of methods. What is not in it does not exist: the service's dispatch, the document
// and the tests go through here.

public import JSON
public import JSONRPC

/// A method as it is described.
public struct MethodDescription: Sendable {
  /// As it is called on the wire.
  public var name: String
  /// What it does, in a line.
  public var summary: String
  /// The rest that a caller has to know.
  public var details: String
  /// Its parameters, in the order of the document.
  public var params: [FieldDescription]
  /// What the result is, in words.
  public var resultSentence: String
  /// The shape of the result.
  public var result: Schema
  /// The reasons that its errors may have, beside those of every method.
  public var reasons: [Reason]

  init<M: Method>(_ method: M.Type) {
    name = M.name
    summary = M.summary
    details = M.details
    params = M.Params.fields
    resultSentence = M.Result.sentence
    result = M.Result.schema
    reasons = M.reasons
  }
}

/// All methods.
public enum MethodTable {
  /// In the order in which people read of them.
  public static let methods: [MethodDescription] = [
    MethodDescription(BrokerInfo.self), MethodDescription(ProfileList.self),
    MethodDescription(TokenGet.self), MethodDescription(TokenSubscribe.self),
    MethodDescription(TokenUnsubscribe.self), MethodDescription(TokenIntrospect.self),
    MethodDescription(TokenClaims.self), MethodDescription(SessionLogin.self),
    MethodDescription(SessionList.self), MethodDescription(SessionLogout.self),
    MethodDescription(PromptAttach.self), MethodDescription(PromptDetach.self),
    MethodDescription(PromptAnswer.self), MethodDescription(PromptCancel.self),
    MethodDescription(DPoPProve.self), MethodDescription(VaultUnlock.self),
    MethodDescription(Discover.self),
  ]
}

/// A call, read: which method, with parameters that hold.
public enum BrokerCall: Sendable, Equatable {
  case brokerInfo
  case profileList
  case tokenGet(TokenGet.Params)
  case tokenSubscribe(TokenSubscribe.Params)
  case tokenUnsubscribe(TokenUnsubscribe.Params)
  case tokenIntrospect(TokenIntrospect.Params)
  case tokenClaims(TokenClaims.Params)
  case sessionLogin(SessionLogin.Params)
  case sessionList
  case sessionLogout(SessionLogout.Params)
  case promptAttach(PromptAttach.Params)
  case promptDetach
  case promptAnswer(PromptAnswer.Params)
  case promptCancel(PromptCancel.Params)
  case vaultUnlock(VaultUnlock.Params)
  case dpopProve(DPoPProve.Params)
  case discover

  /// - Throws: -32601 for a method that is not in the table, -32602 for parameters that do not
  ///   hold.
  public init(method: String, params: JSONObject) throws(RPCError) {
    switch method {
    case TokenGet.name:
      self = .tokenGet(try TokenGet.Params(params))
    case TokenSubscribe.name:
      self = .tokenSubscribe(try TokenSubscribe.Params(params))
    case TokenUnsubscribe.name:
      self = .tokenUnsubscribe(try TokenUnsubscribe.Params(params))
    case TokenIntrospect.name:
      self = .tokenIntrospect(try TokenIntrospect.Params(params))
    case TokenClaims.name:
      self = .tokenClaims(try TokenClaims.Params(params))
    case SessionLogin.name:
      self = .sessionLogin(try SessionLogin.Params(params))
    case SessionLogout.name:
      self = .sessionLogout(try SessionLogout.Params(params))
    case PromptAttach.name:
      self = .promptAttach(try PromptAttach.Params(params))
    case PromptAnswer.name:
      self = .promptAnswer(try PromptAnswer.Params(params))
    case PromptCancel.name:
      self = .promptCancel(try PromptCancel.Params(params))
    case VaultUnlock.name:
      self = .vaultUnlock(try VaultUnlock.Params(params))
    case DPoPProve.name:
      self = .dpopProve(try DPoPProve.Params(params))
    default:
      self = try Self.withoutParams(method: method, params: params)
    }
  }

  private static func withoutParams(
    method: String, params: JSONObject
  ) throws(RPCError) -> BrokerCall {
    let call: BrokerCall
    switch method {
    case BrokerInfo.name: call = .brokerInfo
    case ProfileList.name: call = .profileList
    case SessionList.name: call = .sessionList
    case PromptDetach.name: call = .promptDetach
    case Discover.name: call = .discover
    default: throw .methodNotFound(method)
    }
    _ = try NoParams(params)
    return call
  }
}
