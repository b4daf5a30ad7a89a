// Shipped clients as rows of one table: how each spells its requests, which way it goes, and what it
// was seen not to do without. Taken down from runs of the clients themselves against a server of
// these shapes; where a run did not show which of several ways a client goes, the rows differ so that
// each way is gone by one.

import HTTPTypes
import Testing

@testable import IdentityEngineSimulator

/// One client.
struct ShippedClient: Sendable, CustomTestStringConvertible {
  /// How it is found which option is meant.
  enum Choosing { case type, key, label, method }
  /// What it asks before each answer where the transaction stands by.
  enum Look { case interactionHandle, stateHandle, stateToken }
  /// How it names itself when it revokes.
  enum Revoking { case basic, inForm, notAtAll }
  /// What it checks of an ID token beside issuer, audience, times and signature.
  enum TokenNeed { case nonce, accessTokenHash, verifiableAccessToken }

  var name: String

  // MARK: Metadata

  /// What it reads of the metadata; nothing where it builds every address itself.
  var metadata: [String] = []
  /// Headers of the requests for metadata and keys.
  var readingHeaders: [String: String] = [:]
  /// Whether `/interact` is looked for beside the authorization endpoint.
  var isInteractBesideAuthorize = false

  // MARK: Forms

  /// What goes to `/interact` beside what all send.
  var interact: [String: String] = [:]
  var redirectURI = "http://127.0.0.1:8765/callback"
  /// Whether values are percent-encoded.
  var escapes = true
  var formType = "application/x-www-form-urlencoded"
  var formHeaders: [String: String] = [:]
  /// Whether it goes on to tokens.
  var redeems = true
  /// What goes to `/token` beside the code, its verifier and the client; nothing where it sends what
  /// the last form lists.
  var exchange: Set<String> = []
  var sendsListedFields = false
  /// What goes along with a refresh token, where it refreshes.
  var refresh: Set<String>?
  var revoking: Revoking?

  // MARK: Steps

  var introspectType = "application/ion+json; okta-version=1.0.0"
  /// The content type of an answer, or what the form says where there is none.
  var stepType: String?
  /// Headers of an answer; an empty one has what the form accepts.
  var stepHeaders: [String: String] = ["Accept": "application/ion+json; okta-version=1.0.0"]
  var rememberMe: WireValue?
  var looks: Look?
  var choosing = Choosing.type
  /// Whether a password is chosen by its id alone.
  var choosesPasswordByID = false
  /// Whether it answers `authenticator-verification-data` rather than the choice beside it.
  var answersData = false
  /// Whether it takes the first form, whatever it is.
  var takesFirst = false
  /// Whether it finds the reason of a refusal at a field.
  var readsFields = true

  // MARK: Needs

  var needs: Set<Need>
  var tokenNeeds: Set<TokenNeed> = []

  var testDescription: String { name }
}

extension ShippedClient {
  private static let ion = "application/ion+json; okta-version=1.0.0"
  private static let json = "application/json"
  /// What no client does without.
  private static let common: Set<Need> = [.stateHandle, .addresses, .handlesInForms]

  /// okta-mobile-swift.
  static let swift = ShippedClient(
    name: "swift",
    metadata: [
      "issuer", "authorization_endpoint", "token_endpoint", "jwks_uri",
      "response_types_supported", "subject_types_supported",
      "id_token_signing_alg_values_supported",
    ],
    readingHeaders: ["Accept": "*/*"], isInteractBesideAuthorize: true,
    interact: ["nonce": "a-nonce", "response_type": "code"],
    exchange: ["redirect_uri", "scope"], refresh: ["redirect_uri"], revoking: .inForm,
    introspectType: "application/json; charset=UTF-8", rememberMe: false,
    needs: common.union([
      .version, .expiry, .methods, .accepts, .relations, .related, .types, .texts, .wholeRefusals,
      .links, .issue,
    ]),
    tokenNeeds: [.nonce, .accessTokenHash])

  /// okta-auth-js, in one of its calling modes.
  private static func js(_ mode: String, _ more: Set<Need> = []) -> ShippedClient {
    ShippedClient(
      name: "js-" + mode, metadata: ["issuer", "jwks_uri", "code_challenge_methods_supported"],
      readingHeaders: ["Content-Type": json, "Accept": json],
      interact: ["nonce": "a-nonce"],
      formHeaders: ["X-Okta-User-Agent-Extended": "okta-auth-js/8.1.0", "Accept": json],
      exchange: ["redirect_uri"], refresh: ["scope"], revoking: .basic,
      stepType: json, stepHeaders: ["Accept": ""], choosing: .key, answersData: true,
      needs: common.union([
        .version, .names, .methods, .rels, .related, .noNulls, .wholeRefusals, .links,
      ]).union(more),
      tokenNeeds: [.nonce, .accessTokenHash])
  }

  static let jsStep: ShippedClient = {
    var client = js("step")
    client.looks = .stateToken
    client.choosing = .method
    return client
  }()
  static let jsLegacy = js("legacy", [.keys])
  static let jsUpFront: ShippedClient = {
    var client = js("upfront")
    client.rememberMe = true
    return client
  }()

  /// okta-idx-golang, and Okta's verifier of tokens.
  static let go = ShippedClient(
    name: "go", metadata: ["issuer", "jwks_uri"],
    sendsListedFields: true, revoking: .notAtAll,
    stepHeaders: ["Accepts": ""], looks: .interactionHandle, choosing: .label,
    choosesPasswordByID: true,
    needs: common.union([.methods, .accepts, .keys, .labels, .silence, .issue]),
    tokenNeeds: [.verifiableAccessToken])

  /// okta-idx-java.
  static let java = ShippedClient(
    name: "java", interact: ["client_secret": "null"], redirectURI: "com.x:/cb", escapes: false,
    formType: "application/x-www-form-urlencoded; charset=UTF-8", revoking: .inForm,
    stepType: ion, rememberMe: false, answersData: true, takesFirst: true,
    needs: common.union([.silence, .identifyFirst]))

  /// engie-nl.
  static let engie = ShippedClient(
    name: "engie", formHeaders: ["Accept": json], refresh: ["scope"], stepType: ion,
    choosing: .method, readsFields: false, needs: common)

  /// guardian/gateway, which leaves tokens to others.
  static let gateway = ShippedClient(
    name: "gateway", redeems: false, stepType: ion, rememberMe: true, looks: .stateHandle,
    needs: common.union([.version, .expiry, .types, .errors, .actions, .user]))

  static let all = [swift, jsStep, jsLegacy, jsUpFront, go, java, engie, gateway]
}
