// What a browser brings to the redirect URI (protocol reference §7.3). Whoever can open a page on
// this machine can send a request here, and whoever can talk to a person can have them paste an
// address: so nothing in it counts before its `state` is that of a run of ours, and what is not
// plainly one answer is none.
//
// 1. A parameter that stands there twice, or two answers at once, are refused (RFC 6749 §3.1): two
//    readers of one query must not see two things.
// 2. Empty parameters count as left out (RFC 6749 §3.1), unknown ones are ignored (§4.1.2).
// 3. `code` alone is the answer to another grant than ours, and refused.

public import Secrets

/// A callback that was read, not yet believed.
public struct RedirectCallback: Sendable, Equatable {
  /// What the browser's part ended in.
  public enum Outcome: Sendable, Equatable {
    /// `interaction_code`: redeem it at once.
    case interactionCode(Secret)
    /// `error=interaction_required`: the engine wants more, and says what when it is asked.
    case interactionRequired
    /// `otp`: the code out of a link in a mail.
    case oneTimeCode(Secret)
    /// Any other error, in the words that came with it.
    case failed(error: String, description: String?)
  }

  /// What binds it to one run; compare with `isFor(state:)`.
  public let state: Secret?
  /// `iss` (RFC 9207 §2).
  public let issuer: String?
  /// What the browser brings. It counts once `isFor(state:)` and `checkIssuer(_:)` hold.
  public let outcome: Outcome

  /// The longest query that is read, in bytes.
  static let longest = 16 * 1024
  private static let mostParameters = 64

  /// Reads a query, as `RedirectURI` takes it off an address.
  ///
  /// - Throws: `RedirectFault`: why it is not plainly one answer. Whose it is, is not looked at
  ///   here.
  public init(query: String) throws(RedirectFault) {
    guard query.utf8.count <= Self.longest else { throw .tooLong }
    let parameters = try Self.parameters(query)
    state = parameters["state"].map { Secret($0) }
    issuer = parameters["iss"]
    outcome = try Self.outcome(parameters)
  }

  private static func outcome(
    _ parameters: [String: String]
  ) throws(RedirectFault) -> Outcome {
    let answers = ["interaction_code", "error", "otp", "code"].filter { parameters[$0] != nil }
    guard answers.count < 2 else { throw .contradictory }
    if let code = parameters["interaction_code"] { return .interactionCode(Secret(code)) }
    if let code = parameters["otp"] { return .oneTimeCode(Secret(code)) }
    if let error = parameters["error"] {
      guard error != "interaction_required" else { return .interactionRequired }
      return .failed(error: error, description: parameters["error_description"])
    }
    throw parameters["code"] == nil ? .empty : .authorizationCode
  }

  /// The parameters that have a value.
  private static func parameters(_ query: String) throws(RedirectFault) -> [String: String] {
    var parameters: [String: String] = [:]
    var names: Set<String> = []
    for pair in query.utf8.split(separator: UInt8(ascii: "&")) {
      let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
      guard let name = decoded(pair[..<equals]), let value = decoded(pair[equals...].dropFirst())
      else { throw .malformed }
      guard names.insert(name).inserted else { throw .duplicate(parameter: name) }
      guard names.count <= mostParameters else { throw .tooLong }
      if !value.isEmpty { parameters[name] = value }
    }
    return parameters
  }

  /// A part of a form (`application/x-www-form-urlencoded`); `nil` where it is not well encoded.
  private static func decoded(_ part: Substring.UTF8View) -> String? {
    var bytes: [UInt8] = []
    var rest = part
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "+"):
        bytes.append(UInt8(ascii: " "))
      case UInt8(ascii: "%"):
        guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit)
        else { return nil }
        bytes.append(high << 4 | low)
      default:
        bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    Character(UnicodeScalar(byte)).hexDigitValue.map { UInt8($0) }
  }

  // MARK: Whether it is ours

  /// Whether it carries this state; compared in constant time.
  public func isFor(state: String) -> Bool {
    self.state == Secret(state)
  }

  /// Checks who sent it, against mix-up (RFC 9207 §2.4): where the issuer's metadata says that it
  /// names itself it must have, and what it is named must be its name in any case.
  ///
  /// - Throws: `.issuerMissing`, `.issuerMismatch`.
  public func checkIssuer(_ metadata: IssuerMetadata) throws(RedirectFault) {
    guard let issuer else {
      if metadata.namesItselfInRedirects { throw .issuerMissing }
      return
    }
    guard issuer.utf8.elementsEqual(metadata.issuer.utf8) else { throw .issuerMismatch }
  }
}

/// Why an address at which a browser ended is no callback.
public enum RedirectFault: Error, Sendable, Equatable {
  /// It is not the registered redirect URI.
  case otherAddress
  /// It has more bytes or parameters than any issuer sends.
  case tooLong
  /// The encoding is broken.
  case malformed
  /// A parameter stands there twice (RFC 6749 §3.1).
  case duplicate(parameter: String)
  /// It holds two answers.
  case contradictory
  /// It holds no answer.
  case empty
  /// It holds a `code`, which another grant would redeem.
  case authorizationCode
  /// The issuer says that it names itself, and `iss` is not there.
  case issuerMissing
  /// `iss` names another issuer.
  case issuerMismatch
  /// Its `state` is not the one that was sent.
  case otherState
}

extension RedirectURI {
  /// Reads an address at which a browser ended, as a person pastes it.
  ///
  /// - Throws: `.otherAddress`, `.tooLong`, or as `RedirectCallback.init(query:)`.
  public func callback(ofURL text: String) throws(RedirectFault) -> RedirectCallback {
    guard text.utf8.count <= RedirectCallback.longest else { throw .tooLong }
    guard let query = query(ofURL: text) else { throw .otherAddress }
    return try RedirectCallback(query: query)
  }

  /// Reads the target of a request that came to the loopback address.
  ///
  /// - Throws: `.otherAddress`, `.tooLong`, or as `RedirectCallback.init(query:)`.
  public func callback(ofTarget target: String) throws(RedirectFault) -> RedirectCallback {
    guard target.utf8.count <= RedirectCallback.longest else { throw .tooLong }
    guard let query = query(ofTarget: target) else { throw .otherAddress }
    return try RedirectCallback(query: query)
  }
}
