// Things that go wrong on purpose. A fault is switched on while the organisation runs, for the
// paths that begin with a prefix, for a number of times or until it is switched off.
//
// Three groups: instead of an answer (the request is not processed), upon an answer (it is), and in
// the tokens that are issued.

import FoundationEssentials
import HTTPTypes

/// One fault that is switched on.
public struct Fault: Codable, Sendable, Equatable {
  /// What goes wrong.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    // Instead of an answer.
    /// 429 as IDX says it: `tooManyRequests`, no remediation.
    case rateLimitIDX = "rate-limit-idx"
    /// 429 as Okta's API says it: `E0000047`.
    case rateLimitAPI = "rate-limit-api"
    /// 429 of the concurrency limit: limit and remaining are 0.
    case rateLimitConcurrency = "rate-limit-concurrency"
    /// 500 with an API error.
    case serverErrorJSON = "server-error-json"
    /// 500 with a page.
    case serverErrorHTML = "server-error-html"
    /// 500 with nothing.
    case serverErrorEmpty = "server-error-empty"
    /// 500 in the shape of an IDX response.
    case serverErrorIDX = "server-error-idx"
    /// 503.
    case unavailable
    /// 200 with what is no JSON.
    case nonsense
    /// 200 with nothing.
    case empty
    /// 302 to another host.
    case redirect
    /// 403 of something in front of Okta, without `x-okta-request-id`.
    case proxyBlock = "proxy-block"
    /// Never an answer, and nothing is done.
    case blackHole = "black-hole"
    /// The connection is reset, and nothing is done.
    case resetBefore = "reset-before"

    // Upon an answer.
    /// The answer comes `delay_seconds` late.
    case slow
    /// All is done, and the connection reset instead of an answer.
    case reset
    /// All is done, and nothing said.
    case lostAnswer = "lost-answer"
    /// All is done, and 500 said.
    case serverErrorAfter = "server-error-after"
    /// The member at `member` (`remediation.value.0.href`) is left out.
    case dropMember = "drop-member"
    /// The member at `member` is `value`.
    case setMember = "set-member"
    /// The answer is `value`, one that was captured elsewhere; the addresses in it are here.
    case captured
    /// Every form relates to something that is not there.
    case danglingRelatesTo = "dangling-relates-to"
    /// A remediation with a name that nobody knows is offered first.
    case unknownRemediation = "unknown-remediation"
    /// Every authenticator has a key that nobody knows.
    case unknownAuthenticator = "unknown-authenticator"
    /// The first form has a field of a type that nobody knows.
    case unknownFieldType = "unknown-field-type"
    /// A message without a key stands at the top.
    case messageWithoutKey = "message-without-key"
    /// A byte-order mark stands before the body.
    case byteOrderMark = "byte-order-mark"
    /// The body has a member of sixteen mebibytes.
    case hugeBody = "huge-body"
    /// Every `href` is on another host.
    case foreignHref = "foreign-href"
    /// Every `href` is plain `http`, and not on loopback.
    case insecureHref = "insecure-href"

    // In the tokens.
    case wrongAudience = "wrong-audience"
    /// The audience is an array that holds the right one.
    case audienceArray = "audience-array"
    case wrongIssuer = "wrong-issuer"
    case wrongNonce = "wrong-nonce"
    case missingNonce = "missing-nonce"
    case wrongAccessTokenHash = "wrong-at-hash"
    case missingAccessTokenHash = "missing-at-hash"
    case expired
    case issuedInFuture = "issued-in-future"
    case algorithmNone = "algorithm-none"
    case badSignature = "bad-signature"
    case unknownKey = "unknown-key"
    case missingIDToken = "missing-id-token"
    case missingAccessToken = "missing-access-token"
    case tokenType = "token-type"
  }

  /// What goes wrong.
  public var kind: Kind
  /// The paths it hits: all that begin with this.
  public var path: String
  /// How often it strikes; `nil` for always.
  public var count: Int?
  /// How many requests it lets pass first.
  public var skip: Int
  /// For `slow`: how late, in seconds. For the rate limits: how long until the window ends.
  public var delaySeconds: Double
  /// For `dropMember` and `setMember`: the path of the member.
  public var member: String
  /// For `setMember` and `captured`: the value.
  public var value: WireValue?

  /// A fault, once and on every path unless said otherwise.
  public init(
    _ kind: Kind, path: String = "/", count: Int? = 1, skip: Int = 0, delaySeconds: Double = 2,
    member: String = "", value: WireValue? = nil
  ) {
    self.kind = kind
    self.path = path
    self.count = count
    self.skip = skip
    self.delaySeconds = delaySeconds
    self.member = member
    self.value = value
  }

  private enum CodingKeys: String, CodingKey {
    case kind, path, count, skip, member, value, persistent
    case delaySeconds = "delay_seconds"
  }

  /// Reads a fault; only `kind` is needed. `persistent` stands for a count without end.
  public init(from decoder: any Decoder) throws {
    let file = try decoder.container(keyedBy: CodingKeys.self)
    kind = try file.decode(Kind.self, forKey: .kind)
    path = try file.value(.path, or: "/")
    let isPersistent = try file.value(.persistent, or: false)
    count = isPersistent ? nil : try file.value(.count, or: 1)
    skip = try file.value(.skip, or: 0)
    delaySeconds = try file.value(.delaySeconds, or: 2)
    member = try file.value(.member, or: "")
    value = try file.decodeIfPresent(WireValue.self, forKey: .value)
  }

  /// Writes it as it is read; `value` is left out.
  public func encode(to encoder: any Encoder) throws {
    var file = encoder.container(keyedBy: CodingKeys.self)
    try file.encode(kind, forKey: .kind)
    try file.encode(path, forKey: .path)
    try file.encodeIfPresent(count, forKey: .count)
    try file.encode(count == nil, forKey: .persistent)
    try file.encode(skip, forKey: .skip)
    try file.encode(delaySeconds, forKey: .delaySeconds)
    try file.encode(member, forKey: .member)
  }

  private static let first: Set<Kind> = [
    .rateLimitIDX, .rateLimitAPI, .rateLimitConcurrency, .serverErrorJSON, .serverErrorHTML,
    .serverErrorEmpty, .serverErrorIDX, .unavailable, .nonsense, .empty, .redirect, .proxyBlock,
    .blackHole, .resetBefore,
  ]
  private static let third: Set<Kind> = [
    .wrongAudience, .audienceArray, .wrongIssuer, .wrongNonce, .missingNonce,
    .wrongAccessTokenHash, .missingAccessTokenHash, .expired, .issuedInFuture, .algorithmNone,
    .badSignature, .unknownKey, .missingIDToken, .missingAccessToken, .tokenType,
  ]

  var replacesAnswer: Bool { Fault.first.contains(kind) }
  var changesTokens: Bool { Fault.third.contains(kind) }
  var changesAnswer: Bool { !replacesAnswer && !changesTokens }
}

extension Organisation {
  /// The faults of a group that strike now, each counted down.
  mutating func takeFaults(
    at path: String, where belongs: (Fault) -> Bool, limit: Int = .max
  ) -> [Fault] {
    var striking: [Fault] = []
    for place in faults.indices where belongs(faults[place]) {
      guard striking.count < limit, path.hasPrefix(faults[place].path) else { continue }
      guard faults[place].count != 0 else { continue }
      if faults[place].skip > 0 {
        faults[place].skip -= 1
        continue
      }
      striking.append(faults[place])
      faults[place].count = faults[place].count.map { $0 - 1 }
    }
    faults.removeAll { $0.count == 0 }
    return striking
  }
}
