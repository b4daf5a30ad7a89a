// Every way in which the broker says no, with its code, its words and what to do next: here and
// nowhere else.

public import JSON
public import JSONRPC
public import Prompts

/// Why a call failed, as `data.reason` of its error.
public enum Reason: String, Sendable, CaseIterable {
  case interactionRequired = "interaction_required"
  case accessDenied = "access_denied"
  case unknownProfile = "unknown_profile"
  case transactionFailed = "transaction_failed"
  case transactionCancelled = "transaction_cancelled"
  case transactionExpired = "transaction_expired"
  case promptStale = "prompt_stale"
  case issuerUnavailable = "issuer_unavailable"
  case rateLimited = "rate_limited"
  case tokenRejected = "token_rejected"
  case vaultUnavailable = "vault_unavailable"
  case quotaExceeded = "quota_exceeded"
  case timeout
  case clientRejected = "client_rejected"

  /// The code of the error, which never changes its meaning.
  public var code: Int { words.code }

  /// What happened, where nothing more is known: lower case, no full stop.
  public var message: String { words.message }

  /// When a caller meets it, as the document has it.
  public var sentence: String { words.sentence }

  /// What to do next, as a command where there is one.
  ///
  /// - Parameter profile: the profile that the call named.
  public func hint(profile: String? = nil) -> String {
    words.hint + (words.takesProfile ? " " + (profile ?? "PROFILE") : "")
  }

  private struct Words {
    var code: Int
    var message: String
    var sentence: String
    var hint: String
    /// Whether the hint is a command that ends with the profile.
    var takesProfile = false
  }

  private var words: Words {
    switch self {
    case .interactionRequired:
      Words(
        code: -32001, message: "a person is needed to sign in, and nobody may be asked",
        sentence: "A person is needed and none may be, or is, asked",
        hint: "remedy login", takesProfile: true)
    case .accessDenied:
      Words(
        code: -32002, message: "the caller may not do this",
        sentence: "The caller may see the profile but not do this",
        hint:
          "ask the administrator for a rule in the profile's allow, or, to answer prompts, in its "
          + "prompters")
    case .unknownProfile:
      Words(
        code: -32003, message: "no such profile",
        sentence: "No such profile, or the caller may not know of it: the two look the same",
        hint: "remedy profiles")
    case .transactionFailed:
      Words(
        code: -32004, message: "the issuer ended the sign-in",
        sentence: "The issuer ended the transaction; data.messages has its words",
        hint: "remedy login", takesProfile: true)
    case .transactionCancelled:
      Words(
        code: -32005, message: "the sign-in was cancelled",
        sentence: "A prompter, or the caller, cancelled the transaction",
        hint: "remedy login", takesProfile: true)
    case .transactionExpired:
      Words(
        code: -32006, message: "the sign-in ran out of time at the issuer",
        sentence: "The interaction handle or the prompt ran out",
        hint: "remedy login", takesProfile: true)
    case .promptStale:
      Words(
        code: -32007, message: "that prompt is no longer open",
        sentence: "The prompt that was answered or cancelled is no longer open",
        hint: "call prompt.attach for the prompts that are open now")
    case .issuerUnavailable:
      Words(
        code: -32008, message: "the issuer gives no usable answer",
        sentence: "No connection, a TLS failure, a 5xx status or nonsense from the issuer",
        hint: "try again later; the journal of remedyd has the cause")
    case .rateLimited:
      Words(
        code: -32009, message: "the issuer limits the rate of requests",
        sentence: "The issuer answered 429; data.retry_after says how many seconds to wait",
        hint: "wait for data.retry_after seconds")
    case .tokenRejected:
      Words(
        code: -32010, message: "the issuer's tokens fail validation",
        sentence: "The issuer's tokens fail validation: signature, iss, aud, nonce, exp or at_hash",
        hint: "check issuer and client_id of the profile, and this machine's clock")
    case .vaultUnavailable:
      Words(
        code: -32011, message: "the vault cannot be read or written",
        sentence: "The vault is locked, full, read-only or failing; the message says which",
        hint: "look at the state directory; the journal of remedyd has the cause")
    case .quotaExceeded:
      Words(
        code: -32012, message: "too much of the broker is in use by this uid",
        sentence: "Too many connections, requests or transactions of this uid",
        hint: "close what is not used, or raise [limits] in the configuration")
    case .timeout:
      Words(
        code: -32013, message: "the call's timeout passed",
        sentence: "The call's own timeout passed; data.waiting_for says what it waited for",
        hint: "call again with a longer timeout")
    case .clientRejected:
      Words(
        code: -32014, message: "the issuer refuses the client",
        sentence: "The issuer refuses the client itself: id, secret, key, grant or redirect URI",
        hint: "compare the profile's client_id, client_auth, secret and redirect_uri with the "
          + "application at the issuer, and its grant types")
    }
  }
}

// MARK: As an error

extension RPCError {
  /// An error of the broker's own.
  ///
  /// - Parameters:
  ///   - message: what happened and to what, where more is known than the reason says.
  ///   - hint: what to do next, where more is known than the reason says.
  ///   - profile: the profile that the call named, for the hint.
  ///   - retryAfter: how long to wait before the next try, in seconds.
  ///   - messages: the issuer's words.
  ///   - extra: further members of `data`, like `waiting_for`.
  public init(
    reason: Reason, message: String? = nil, hint: String? = nil, profile: String? = nil,
    retryAfter: Double? = nil, messages: [Message] = [], extra: JSONObject = [:]
  ) {
    var data: JSONObject = [
      "reason": .string(reason.rawValue),
      "hint": .string(hint ?? reason.hint(profile: profile)),
    ]
    data.append("retry_after", retryAfter.map { .double($0) })
    if !messages.isEmpty { data.append("messages", .array(messages.map(\.json))) }
    for member in extra.members { data[member.name] = member.value }
    self.init(code: reason.code, message: message ?? reason.message, data: data)
  }

  /// The broker's reason; `nil` for an error of JSON-RPC itself.
  public var reason: Reason? {
    data["reason"]?.string.flatMap { Reason(rawValue: $0) }
  }

  /// What to do next.
  public var hint: String? { data["hint"]?.string }

  /// How long to wait before the next try, in seconds.
  public var retryAfter: Double? { data["retry_after"]?.double }

  /// The issuer's words.
  public var messages: [Message] { JSONValue.object(data).messages }

  /// Reads an error as it came; `nil` where it is none.
  public static func read(_ json: JSONValue) -> RPCError? {
    guard let code = json["code"]?.int, let message = json["message"]?.string else { return nil }
    return RPCError(code: code, message: message, data: json["data"]?.object ?? [:])
  }
}
