// What tests and people do to a running organisation over HTTP, under `/simulator`. No real
// organisation has anything of the kind; none of it is counted among the requests.

import FoundationEssentials
import HTTPTypes

extension Organisation {
  mutating func control(_ request: SimulatedRequest, now: Date) -> Answer {
    let body = WireValue.parse(request.body)
    switch (request.method, request.path) {
    case (.get, "/simulator"), (.get, "/simulator/"):
      return .html(personPage(now: now))
    case (.get, "/simulator/outbox"):
      return .json(.array(outbox.map(\.wire)))
    case (.get, "/simulator/requests"):
      return .json(.array(requestLog.map(\.wire)))
    case (.get, "/simulator/counts"):
      return .json(
        .object(
          WireObject(
            requestCounts.sorted { $0.key < $1.key }
              .map { (name: $0.key, value: .integer($0.value)) })))
    case (.get, "/simulator/log"):
      return .json(
        .array(
          systemLog.map { ["event": .string($0.event), "at": .string(timestamp($0.at))] }))
    case (.get, "/simulator/codes"):
      return .json(.array(codesOfTheMoment(now: now)))
    case (.get, "/simulator/faults"):
      return faultList()
    case (.delete, "/simulator/faults"):
      removeFaults()
      return faultList()
    case (.post, "/simulator/faults"):
      return switchOn(request.body)
    case (.post, "/simulator/clock"):
      return moveClock(body, now: now)
    case (.post, "/simulator/keys/rotate"):
      return rotate(body)
    case (.post, "/simulator/people"):
      return changePerson(body)
    case (.post, "/simulator/policy"):
      return changePolicy(request.body)
    case (.post, "/simulator/grants/revoke"):
      revokeGrants()
      return .json([:])
    case (.post, "/simulator/links"):
      return sendLink(request, now: now)
    case (.post, "/simulator/reset"):
      reset()
      return .json([:])
    case (.post, "/simulator/scenario"):
      return become(request.body)
    default:
      return controlPhone(request, now: now)
        ?? .json(["error": "no such thing here"], status: 404)
    }
  }

  /// Begins anew as another organisation, which signs with the same key.
  private mutating func become(_ body: [UInt8]) -> Answer {
    do {
      become(try JSONDecoder().decode(Scenario.self, from: Data(body)))
      return .json([:])
    } catch {
      return .json(["error": .string("this is no scenario: \(error)")], status: 400)
    }
  }

  private func faultList() -> Answer {
    let bytes = try? JSONEncoder().encode(faults)
    return .json(["faults": bytes.flatMap { WireValue.parse($0) } ?? []])
  }

  /// One fault, or an array of them; all or none are taken.
  private mutating func switchOn(_ body: [UInt8]) -> Answer {
    let decoder = JSONDecoder()
    let data = Data(body)
    if let several = try? decoder.decode([Fault].self, from: data) {
      for fault in several { add(fault) }
    } else if let one = try? decoder.decode(Fault.self, from: data) {
      add(one)
    } else {
      let kinds = Fault.Kind.allCases.map { WireValue.string($0.rawValue) }
      return .json(["error": "this is no fault", "kinds": .array(kinds)], status: 400)
    }
    return faultList()
  }

  private mutating func moveClock(_ body: WireValue?, now: Date) -> Answer {
    switch body?["advance_seconds"] {
    case .integer(let seconds)?: advanceClock(seconds: TimeInterval(seconds))
    case .number(let seconds)?: advanceClock(seconds: seconds)
    default: return .json(["error": "advance_seconds is missing"], status: 400)
    }
    return .json(["offset_seconds": .number(clockOffset)])
  }

  private mutating func rotate(_ body: WireValue?) -> Answer {
    do {
      try rotateKey(keepingOld: body?["keep_old"] != .bool(false))
      return .json(["kid": .string(signingKeyIdentifier)])
    } catch {
      return .json(["error": "no key could be made"], status: 500)
    }
  }

  private mutating func changePerson(_ body: WireValue?) -> Answer {
    let status = body?["status"]?.text.flatMap { Person.Status(rawValue: $0) }
    guard let identifier = body?["identifier"]?.text, body?["status"] == nil || status != nil,
      change(identifier, status: status, password: body?["password"]?.text)
    else { return .json(["error": "no such person, or no such status"], status: 400) }
    return .json([:])
  }

  /// Another policy from now on: that of a built-in scenario, or one as a scenario file has it.
  private mutating func changePolicy(_ body: [UInt8]) -> Answer {
    let named = WireValue.parse(body)?["scenario"]?.text.flatMap { Scenario.named($0)?.policy }
    guard let policy = named ?? (try? JSONDecoder().decode(SignOnPolicy.self, from: Data(body)))
    else { return .json(["error": "this is no policy, and no scenario's name"], status: 400) }
    change(policy: policy)
    return .json([:])
  }

  /// Sends a link by mail; what a person's page posts is answered by the page again.
  private mutating func sendLink(_ request: SimulatedRequest, now: Date) -> Answer {
    let given = Controls(request)
    guard let purpose = given.text("kind").flatMap({ LinkPurpose(rawValue: $0) }),
      let identifier = given.text("identifier"), let place = place(of: identifier)
    else { return .json(["error": "no such person, or no such kind of link"], status: 400) }
    let token = sendLink(purpose, toMember: place, now: now)
    return given.isForm
      ? .redirect(to: "/simulator", status: 303)
      : .json(["token": .string(token), "parameter": .string(purpose.parameter)])
  }

  private func codesOfTheMoment(now: Date) -> [WireValue] {
    members.compactMap { member in
      var codes = WireObject([("identifier", .string(member.person.identifier))])
      codes["totp"] = member.timeBasedCode(of: .googleOTP).map { .string($0.code(at: now)) }
      codes["okta_verify"] = member.timeBasedCode(of: .oktaVerify).map {
        .string($0.code(at: now))
      }
      return codes.members.count > 1 ? .object(codes) : nil
    }
  }
}

extension OutboxMessage {
  fileprivate var wire: WireValue {
    var object = WireObject([
      ("number", .integer(number)), ("kind", .string(kind.rawValue)),
      ("recipient", .string(recipient)), ("person", .string(person)), ("code", .string(code)),
      ("sent_at", .string(timestamp(sentAt))),
    ])
    object["link"] = link.map { .string($0) }
    object["token"] = token.map { .string($0) }
    return .object(object)
  }
}

extension RequestRecord {
  fileprivate var wire: WireValue {
    [
      "method": .string(method), "path": .string(path), "status": .integer(status),
      "at": .string(timestamp(at)),
    ]
  }
}
