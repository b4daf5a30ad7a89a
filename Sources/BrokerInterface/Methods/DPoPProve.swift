// Proofs for callers: a token that is bound to a key is shown together with one.

public import JSON
public import JSONRPC

/// `dpop.prove`
public enum DPoPProve: Method {
  public static let name = "dpop.prove"
  public static let summary = "Signs a proof of possession for one request (RFC 9449)"
  public static let details =
    "The proof is for the access token held, by the key that it is bound to; the key never leaves "
    + "the broker. Send it as the header DPoP, beside Authorization: DPoP with the token, once. A "
    + "profile whose tokens are not bound (dpop is false) is -32602."
  public static let reasons: [Reason] = [
    .interactionRequired, .accessDenied, .unknownProfile, .vaultUnavailable, .clientRejected,
  ]

  /// The request that is to be proven, and with whose key.
  public struct Params: MethodParams {
    public static let fields: [FieldDescription] = [
      FieldDescription("profile", .text, "The profile whose token is shown", required: true),
      FieldDescription("method", .text, "The method of the request, like GET", required: true),
      FieldDescription(
        "url", .text,
        "Where the request goes: https, or http on a loopback address; query and fragment are left "
          + "out of the proof", required: true),
      FieldDescription("nonce", .text, "The newest DPoP-Nonce that this server gave"),
      FieldDescription(
        "scopes", .list(.text, atLeast: 1),
        "The scopes that the token was asked for with; those of the profile where they are left "
          + "out"),
    ]

    /// The profile whose token goes with the proof.
    public var profile: String
    /// The method of the request: `htm` (RFC 9449 §4.2).
    public var method: String
    /// Where the request goes: `htu`, without query and fragment.
    public var url: String
    /// What the resource server has asked to have in the next proof (RFC 9449 §9).
    public var nonce: String?
    /// Those of the token that goes with it; `nil`: all of the profile's.
    public var scopes: [String]?

    /// Made of its parts; what is left out has the value that stands here.
    public init(
      profile: String, method: String, url: String, nonce: String? = nil, scopes: [String]? = nil
    ) {
      self.profile = profile
      self.method = method
      self.url = url
      self.nonce = nonce
      self.scopes = scopes
    }

    public init(_ object: JSONObject) throws(RPCError) {
      let params = try CheckedParams(object, fields: Self.fields)
      self.init(
        profile: try params.text("profile"), method: try params.text("method"),
        url: try params.text("url"), nonce: params.optionalText("nonce"),
        scopes: params.texts("scopes"))
    }

    public var json: JSONObject {
      var object: JSONObject = [
        "profile": .string(profile), "method": .string(method), "url": .string(url),
      ]
      object.append("nonce", nonce.map { .string($0) })
      object.append("scopes", scopes?.json)
      return object
    }
  }

  /// A proof, for one request.
  public struct Result: PlainResult, Equatable {
    public static let sentence = "A proof, for one use within a minute or so"
    public static let schema = Schema.object([
      FieldDescription("proof", .text, "The value of the header DPoP", required: true),
      FieldDescription(
        "token_type", .word(["DPoP"]), "The scheme of the header Authorization", required: true),
    ])

    /// The value of the header `DPoP`.
    public var proof: String

    /// Made of its parts.
    public init(proof: String) {
      self.proof = proof
    }

    public init(json: JSONValue) throws(WireFault) {
      self.init(proof: try json.required("proof", \.string))
    }

    public var json: JSONValue { ["proof": .string(proof), "token_type": "DPoP"] }
  }
}
