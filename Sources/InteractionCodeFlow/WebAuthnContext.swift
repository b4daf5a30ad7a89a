// What a program needs to sign a challenge with a security key or a passkey (protocol reference §6).
// The engine's challenge goes along as it came; what a browser would know by itself stands beside
// it, since the program has no browser and must not choose for whom it signs.

internal import IdentityEngine
internal import JSON

enum WebAuthnContext {
  /// `nil` where nothing is to be signed.
  static func object(_ response: IDXResponse, origin: String) -> JSONObject? {
    let authenticators = [
      response.currentAuthenticator, response.currentEnrollment, response.enrollmentAuthenticator,
    ]
    let contexts = authenticators.compactMap { $0?.contextualData }
    if let activation = contexts.lazy.compactMap({ $0["activationData"] }).first {
      let party = activation["rp"]?["id"] ?? activation["rpId"]
      return [
        "activationData": activation,
        "rpId": .string(
          party?.string ?? host(activation["u2fParams"]?["appid"]) ?? host(.string(origin)) ?? ""),
        "origin": .string(origin),
      ]
    }
    let autofill = response.json["webauthnAutofillUIChallenge"]
    let discoverable = autofill?["value"]?["challengeData"] ?? autofill?["challengeData"]
    let asked = contexts.lazy.compactMap { $0["challengeData"] }.first
    guard let challenge = asked ?? discoverable else { return nil }
    return [
      "challengeData": challenge,
      "rpId": .string(
        challenge["rpId"]?.string ?? host(challenge["extensions"]?["appid"])
          ?? host(.string(origin)) ?? ""),
      "origin": .string(origin),
      // A passkey that the key finds by itself: no list.
      "allowCredentials": .array(asked == nil ? [] : credentials(response)),
    ]
  }

  /// The user's keys: the engine names them as enrolments, not in the challenge.
  private static func credentials(_ response: IDXResponse) -> [JSONValue] {
    let enrollments = response.json["authenticatorEnrollments"]?["value"]?.array ?? []
    return enrollments.compactMap { enrollment in
      let id = enrollment["credentialId"] ?? enrollment["profile"]?["credentialId"]
      guard let id = id?.string, isSecurityKey(enrollment) else { return nil }
      var credential: JSONObject = ["type": "public-key", "id": .string(id)]
      let transports = enrollment["transports"] ?? enrollment["profile"]?["transports"]
      credential.append("transports", transports.flatMap(list))
      return .object(credential)
    }
  }

  /// By its key; entries of before 2021 have none.
  private static func isSecurityKey(_ enrollment: JSONValue) -> Bool {
    guard let key = enrollment["key"]?.string else {
      return enrollment["type"]?.string == "security_key"
    }
    return key == "webauthn"
  }

  /// An array, or the same as text between commas.
  private static func list(_ json: JSONValue) -> JSONValue? {
    if json.array != nil { return json }
    guard let text = json.string, !text.isEmpty else { return nil }
    return .array(
      text.split(separator: ",").map { part in
        .string(String(part.drop { $0 == " " }))
      })
  }

  /// The host of an address.
  private static func host(_ address: JSONValue?) -> String? {
    let parts = address?.string?.split(separator: "/", maxSplits: 2) ?? []
    guard parts.count >= 2, parts[0].hasSuffix(":") else { return nil }
    let authority = parts[1]
    if authority.hasPrefix("[") { return String(authority.prefix { $0 != "]" }) + "]" }
    return String(authority.prefix { $0 != ":" })
  }
}
