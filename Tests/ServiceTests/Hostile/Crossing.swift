// What a hostile issuer can try with what it knows of another: one row each. It has listened at the
// other's first sign-in, so it knows the handle, the code and the tokens of that one.

import Foundation
import JSON

/// One try to have what is one issuer's taken for another's, or sent there.
struct Crossing: Sendable {
  enum End: Sendable, Equatable {
    /// The sign-in fails, for a reason with these words in it.
    case refused(String)
    /// The step is not taken; the prompt is there again, with the reason.
    case askedAgain
    /// The hostile issuer signs its own client in, which it may; nothing crosses by it.
    case session
  }

  var name: String
  /// Whether it is to be tried with a refresh after an honest sign-in.
  var isRefresh = false
  var end: End
  /// What the hostile issuer answers; `nil` for what an honest one would.
  var twist: @Sendable (_ call: IssuerCall, _ honest: JSONValue, _ known: Known) -> [RawStep]?

  /// What the hostile issuer has to work with.
  struct Known: Sendable {
    let victim: WatchedIssuer
    let hostile: WatchedIssuer
    /// The victim's answers of its first sign-in.
    let answers: [IssuerCall: JSONValue]

    var origin: String { victim.origin }
    func answer(_ call: IssuerCall) -> JSONValue { answers[call] ?? [:] }

    /// An honest answer with members of another in place of its own.
    func mixed(_ honest: JSONValue, _ other: JSONValue, _ members: [String]) -> JSONValue {
      guard case .object(var object) = honest else { return honest }
      for member in members { object[member] = other[member] ?? .null }
      return .object(object)
    }
  }

  init(
    _ name: String, isRefresh: Bool = false, _ end: End,
    _ twist: @escaping @Sendable (IssuerCall, JSONValue, Known) -> [RawStep]?
  ) {
    (self.name, self.isRefresh, self.end, self.twist) = (name, isRefresh, end, twist)
  }

  /// One that answers one call otherwise, with JSON.
  private init(
    _ name: String, isRefresh: Bool = false, at call: IssuerCall, _ end: End,
    _ answer: @escaping @Sendable (JSONValue, Known) -> JSONValue
  ) {
    self.init(name, isRefresh: isRefresh, end) { asked, honest, known in
      asked == call ? [.json(answer(honest, known))] : nil
    }
  }

  static let all = metadata + redirects + steps + tokens + keys

  // MARK: Metadata

  private static let metadata =
    [
      Crossing(
        "shows the other's metadata as its own", at: .discovery,
        .refused("the metadata is of another issuer")
      ) { _, known in known.answer(.discovery) },
      Crossing(
        "names the other in its own metadata", at: .discovery,
        .refused("the metadata is of another issuer")
      ) { honest, known in known.mixed(honest, known.answer(.discovery), ["issuer"]) },
    ]
    + [
      "authorization_endpoint", "token_endpoint", "jwks_uri", "revocation_endpoint",
      "introspection_endpoint", "userinfo_endpoint",
    ].map { member in
      Crossing(
        "names the other's \(member)", at: .discovery, .refused("is not on the issuer's own origin")
      ) { honest, known in
        guard case .object(var object) = honest else { return honest }
        object[member] = .string(known.origin + "/oauth2/v1/" + member)
        return .object(object)
      }
    }

  // MARK: Redirects

  private static let redirects =
    [IssuerCall.discovery, .keys, .interact, .introspect, .identify, .token].flatMap { call in
      [302, 307, 308].map { status in
        Crossing(
          "sends \(call.rawValue) on to the other by \(status)",
          call == .identify ? .askedAgain : .refused(""), redirect(call, status))
      }
    } + [
      Crossing(
        "sends a refresh on to the other", isRefresh: true, .refused(""), redirect(.refresh, 307))
    ]

  private static func redirect(
    _ call: IssuerCall, _ status: Int
  ) -> @Sendable (IssuerCall, JSONValue, Known) -> [RawStep]? {
    { asked, _, known in
      guard asked == call else { return nil }
      let path =
        switch call {
        case .discovery: "/.well-known/openid-configuration"
        case .introspect, .identify: "/idp/idx/" + call.rawValue
        case .keys, .interact: "/oauth2/v1/" + call.rawValue
        case .token, .refresh: "/oauth2/v1/token"
        case .inspection: "/oauth2/v1/introspect"
        case .revocation: "/oauth2/v1/revoke"
        }
      return [
        .text(HTTPText.head(status, length: 0, ["Location: \(known.origin)\(path)"]))
      ]
    }
  }

  // MARK: Handles, forms and codes

  private static let steps = [
    Crossing("begins with the other's handle", at: .interact, .session) { _, known in
      known.answer(.interact)
    },
    Crossing(
      "shows a form that goes to the other", at: .introspect, .refused("off its own origin")
    ) { _, known in PlainIssuer.identify(origin: known.origin) },
    Crossing("ends with the other's code", at: .identify, .session) { _, known in
      known.answer(.identify)
    },
    Crossing("ends with a code at the other's token endpoint", at: .identify, .session) {
      _, known in WatchedIssuer.identified(origin: known.origin)
    },
  ]

  // MARK: Tokens

  private static let tokens = [
    Crossing("gives the other's tokens", at: .token, .refused("signature is not the issuer's")) {
      _, known in known.answer(.token)
    },
    Crossing("gives the other's tokens, and has its keys", .refused("iss of the ID token")) {
      call, _, known in
      switch call {
      case .token: [.json(known.answer(.token))]
      case .keys: [.json(known.answer(.keys))]
      default: nil
      }
    },
    Crossing(
      "gives the other's ID token beside its own tokens", at: .token,
      .refused("signature is not the issuer's")
    ) { honest, known in known.mixed(honest, known.answer(.token), ["id_token"]) },
    Crossing(
      "gives the other's access token beside its own ID token", at: .token,
      .refused("at_hash of the ID token")
    ) { honest, known in known.mixed(honest, known.answer(.token), ["access_token"]) },
    Crossing("signs as the other", at: .token, .refused("iss of the ID token")) { honest, known in
      (try? known.hostile.mint.tokens(
        issuer: known.origin, client: PlainIssuer.client,
        nonce: known.hostile.sent("nonce") ?? "", scope: "openid")) ?? honest
    },
    Crossing(
      "signs with the other's nonce", at: .token, .refused("nonce of the ID token")
    ) { honest, known in
      (try? known.hostile.mint.tokens(
        issuer: known.hostile.origin, client: PlainIssuer.client,
        nonce: known.victim.sent("nonce") ?? "", scope: "openid")) ?? honest
    },
    Crossing(
      "answers a refresh with the other's tokens", isRefresh: true, at: .refresh,
      .refused("signature is not the issuer's")
    ) { _, known in known.answer(.token) },
    Crossing(
      "answers a refresh with an ID token as the other's", isRefresh: true, at: .refresh,
      .refused("iss of the ID token")
    ) { honest, known in
      (try? known.hostile.mint.tokens(
        issuer: known.origin, client: PlainIssuer.client, nonce: "", scope: "openid")) ?? honest
    },
  ]

  // MARK: Keys

  private static let keys = [
    Crossing("has the other's keys", at: .keys, .refused("signature is not the issuer's")) {
      _, known in known.answer(.keys)
    },
    Crossing("has its own keys behind the other's, by one name", at: .keys, .refused("signature")) {
      honest, known in
      let theirs = known.answer(.keys)["keys"]?.array ?? []
      return ["keys": .array(theirs + (honest["keys"]?.array ?? []))]
    },
    // Whoever keeps keys by their names alone has the other's tokens checked by these from now on.
    Crossing("has keys by the names of the other's", .session) { _, _, _ in nil },
  ]
}
