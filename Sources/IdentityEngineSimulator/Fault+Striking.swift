// What each fault does.

import FoundationEssentials
import HTTPTypes

extension Fault {
  /// The answer that comes instead.
  func answer(now: Date) -> Answer {
    switch kind {
    case .rateLimitIDX:
      limited(.dead(.tooManyRequests, status: 429), limit: 600, now: now)
    case .rateLimitAPI:
      limited(tooMany, limit: 600, now: now)
    case .rateLimitConcurrency:
      limited(tooMany, limit: 0, now: now)
    case .serverErrorJSON:
      .api("E0000009", "Internal Server Error", status: 500)
    case .serverErrorHTML:
      Answer(
        status: 500,
        body: .bytes(
          Array("<!DOCTYPE html><html><body><h1>Internal Server Error</h1></body></html>".utf8),
          type: "text/html"))
    case .serverErrorIDX:
      .dead(Message("E0000009", "Internal Server Error"), status: 500)
    case .unavailable:
      Answer(
        status: 503, body: .bytes(Array("Service Unavailable".utf8), type: "text/plain"))
    case .nonsense:
      Answer(
        status: 200,
        body: .bytes(Array("{\"version\": \"1.0.0\", \"stateHa".utf8), type: Answer.ion))
    case .empty:
      Answer(status: 200, body: .none)
    case .redirect:
      Answer(
        status: 302, body: .none, headers: [.location: "https://elsewhere.example/login"])
    case .proxyBlock:
      .json(
        ["error": "Forbidden", "message": "Access denied by network policy"], status: 403)
    case .blackHole:
      Answer(status: 200, body: .none, delivery: .never)
    case .resetBefore:
      Answer(status: 200, body: .none, delivery: .reset)
    default:
      Answer(status: 500, body: .none)
    }
  }

  private var tooMany: Answer {
    .api("E0000047", "API call exceeded rate limit due to too many requests.", status: 429)
  }

  private func limited(_ answer: Answer, limit: Int, now: Date) -> Answer {
    var answer = answer
    answer.headers[.rateLimit] = String(limit)
    answer.headers[.rateLimitRemaining] = "0"
    answer.headers[.rateLimitReset] = String(epoch(now + delaySeconds))
    return answer
  }

  /// The answer, changed.
  func apply(to answer: Answer, origin: String) -> Answer {
    var answer = answer
    switch kind {
    case .slow:
      answer.delivery = .after(.milliseconds(Int64((delaySeconds * 1000).rounded())))
    case .reset:
      answer.delivery = .reset
    case .lostAnswer:
      answer.delivery = .never
    case .serverErrorAfter:
      return .api("E0000009", "Internal Server Error", status: 500)
    default:
      guard case .json(let value) = answer.body else { return answer }
      if kind == .byteOrderMark {
        answer.body = .bytes(
          [0xEF, 0xBB, 0xBF] + Array(value.jsonText.utf8), type: answer.contentType)
      } else {
        answer.body = .json(change(value, origin: origin))
      }
    }
    return answer
  }

  private func change(_ value: WireValue, origin: String) -> WireValue {
    let path = member.split(separator: ".")[...]
    switch kind {
    case .dropMember:
      return value.setting(path, to: nil)
    case .setMember:
      return value.setting(path, to: self.value ?? .null)
    case .captured:
      return (self.value ?? value).mapping(members: "href") { Fault.moved($0, to: origin) }
    case .danglingRelatesTo:
      guard let forms = value["remediation"]?["value"]?.elements else { return value }
      let changed = forms.map { form -> WireValue in
        guard var object = form.members else { return form }
        object["relatesTo"] = ["$.authenticatorChallenge"]
        return .object(object)
      }
      return value.setting(["remediation", "value"], to: .array(changed))
    case .unknownRemediation:
      guard let forms = value["remediation"]?["value"]?.elements else { return value }
      return value.setting(
        ["remediation", "value"], to: .array([unheardOf(value, origin)] + forms))
    case .unknownAuthenticator:
      return value.mapping(members: "key") {
        AuthenticatorKey(rawValue: $0) == nil ? $0 : "simulated_\($0)"
      }
    case .unknownFieldType:
      return value.setting(["remediation", "value", "0", "value", "0", "type"], to: "hologram")
    case .messageWithoutKey:
      var object = value.members ?? WireObject()
      object["messages"] = Message.list([Message(nil, "Something is odd today.", level: .warning)])
      return .object(object)
    case .hugeBody:
      var object = value.members ?? WireObject()
      object["padding"] = .string(String(repeating: "x", count: 16 << 20))
      return .object(object)
    case .foreignHref:
      return value.mapping(members: "href") {
        $0.replacing(origin, with: "https://elsewhere.example")
      }
    case .insecureHref:
      return value.mapping(members: "href") {
        $0.replacing(origin, with: "http://insecure.example")
      }
    default:
      return value
    }
  }

  /// An address of the organisation that an answer was captured at, here; any other as it is.
  private static func moved(_ address: String, to origin: String) -> String {
    let parts = address.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    let places = ["idp/", "oauth2/", "sso/", "login/"]
    guard parts.count == 4, ["http:", "https:"].contains(parts[0]),
      places.contains(where: { parts[3].hasPrefix($0) })
    else { return address }
    return origin + "/" + parts[3]
  }

  /// A form nobody has heard of, which can be filled in all the same.
  private func unheardOf(_ value: WireValue, _ origin: String) -> WireValue {
    var form = Form(name: "hum-a-tune", path: "/idp/idx/hum")
    form.fields = [FormField(name: "tune", label: "Hum a tune", type: "string", required: true)]
    return form.wire(origin: origin, stateHandle: value["stateHandle"]?.text ?? "")
  }
}

extension Fault.Kind {
  /// Makes the claims of an ID token wrong.
  func spoil(_ claims: inout WireObject, now: Date) {
    switch self {
    case .wrongAudience: claims["aud"] = "0oasomebodyelse00000"
    case .audienceArray: claims["aud"] = .array([claims["aud"] ?? .null, "0oasomebodyelse00000"])
    case .wrongIssuer: claims["iss"] = "https://elsewhere.example"
    case .wrongNonce: claims["nonce"] = "some-other-nonce"
    case .missingNonce: claims["nonce"] = nil
    case .wrongAccessTokenHash: claims["at_hash"] = "AAAAAAAAAAAAAAAAAAAAAA"
    case .missingAccessTokenHash: claims["at_hash"] = nil
    case .expired:
      claims["iat"] = .integer(epoch(now) - 7200)
      claims["exp"] = .integer(epoch(now) - 3600)
    case .issuedInFuture: claims["iat"] = .integer(epoch(now) + 3600)
    default: break
    }
  }
}
