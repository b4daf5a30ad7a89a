// Okta FastPass: is Okta Verify on the machine that the sign-in runs on? A page in a browser would ask
// it by a loopback port or by a link of its own scheme, and the transaction learns by polling. A
// client without either says so, where it may, and is asked something else.
//
// 1. Probing comes before anybody is known. Whoever is at the device is whom it vouches for.
// 2. Giving up leads on, where there is another way; where there is none, it ends the sign-in.

import FoundationEssentials

/// How Okta Verify on the same machine is reached.
public struct DeviceProbe: Codable, Sendable, Equatable {
  /// By what a browser would reach it.
  public enum Method: String, Codable, Sendable, CaseIterable {
    case loopback = "LOOPBACK"
    case customURI = "CUSTOM_URI"
    case universalLink = "UNIVERSAL_LINK"
    case appLink = "APP_LINK"
    case chrome = "CHROME_DTC"
  }

  /// By what it is reached.
  public var method: Method
  /// Polls until the organisation gives up.
  public var polls: Int
  /// Whether there is another way: then it may be cancelled, and giving up leads on.
  public var hasAnotherWay: Bool

  /// A way to reach it.
  public init(_ method: Method, polls: Int = 5, hasAnotherWay: Bool = true) {
    self.method = method
    self.polls = polls
    self.hasAnotherWay = hasAnotherWay
  }

  private enum CodingKeys: String, CodingKey {
    case method, polls
    case hasAnotherWay = "another_way"
  }

  /// Reads it; what is left out is loopback with another way beside it.
  public init(from decoder: any Decoder) throws {
    let file = try decoder.container(keyedBy: CodingKeys.self)
    method = try file.value(.method, or: .loopback)
    polls = try file.value(.polls, or: 5)
    hasAnotherWay = try file.value(.hasAnotherWay, or: true)
  }

  /// What the page in a browser is told.
  func challenge(_ request: String, _ context: StepContext) -> WireObject {
    var object = WireObject([("challengeMethod", .string(method.rawValue))])
    switch method {
    case .loopback:
      object["challengeRequest"] = .string(request)
      object["domain"] = "http://localhost"
      object["ports"] = ["2000", "6511", "6512", "6513"]
    case .customURI:
      object["href"] = .string(
        "com-okta-authenticator:/deviceChallenge?challengeRequest=\(request)")
      object["downloadHref"] = .string(context.origin + "/signin/verify/download")
    case .universalLink, .appLink:
      object["href"] = .string(
        context.origin + "/signin/verify/deviceChallenge?challengeRequest=\(request)")
    case .chrome:
      object["href"] = .string(
        context.origin + "/idp/device/din/challenge?transactionHandle=\(request)")
    }
    return object
  }
}

/// The wait for Okta Verify on the same machine, before anybody is known.
struct DeviceChallengeStep: Step {
  var probe: DeviceProbe
  /// What Okta Verify would sign.
  var request: String
  /// Its number among what waits for somebody.
  var ring: Int?
  private var polls = 0

  init(probe: DeviceProbe, request: String, ring: Int?) {
    self.probe = probe
    self.request = request
    self.ring = ring
  }

  func page(_ context: StepContext) -> Page {
    var page = Page(forms: [
      Form(
        name: "device-challenge-poll", path: "/idp/idx/authenticators/poll",
        relatesTo: ["authenticatorChallenge"],
        refresh: min(2000, context.switches.pollMilliseconds))
    ])
    var challenge = probe.challenge(request, context)
    if probe.method == .loopback { challenge["probeTimeoutMillis"] = 100 }
    if probe.hasAnotherWay {
      page.hidden = [.cancelPolling]
      challenge["cancel"] = Form.cancelPolling.wire(
        origin: context.origin, stateHandle: context.stateHandle)
    }
    page.extra["authenticatorChallenge"] = ["type": "object", "value": .object(challenge)]
    return page
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    if submission.form == "cancel-polling" { return .done }
    polls += 1
    if let outcome = news(context, in: &organisation, now: now) { return outcome }
    return polls < probe.polls ? .again : givenUp
  }

  mutating func news(
    _ context: StepContext, in organisation: inout Organisation, now: Date
  ) -> Outcome? {
    switch organisation.decision(of: ring) {
    case .approved:
      guard let place = organisation.owner(ofRequest: ring) else { return givenUp }
      return .turned(
        Course(
          purpose: .signIn, subject: .member(place),
          proofs: [Proof(key: .oktaVerify, amr: "swk")],
          plan: organisation.scenario.policy.afterwards))
    case .denied:
      return givenUp
    case .waiting, .replaced:
      return nil
    }
  }

  private var givenUp: Outcome {
    probe.hasAnotherWay
      ? .done : .next(RefusedStep(messages: [.invalidDevice], status: 400))
  }

  mutating func left(_ organisation: inout Organisation) {
    organisation.withdraw(phoneRequest: ring)
  }
}

/// Okta Verify on the same machine as a factor (`signed_nonce`), once it is known who it is.
struct SignedNonceStep: Step {
  var enrolment: Enrolment
  var request: String
  var ring: Int?

  func page(_ context: StepContext) -> Page {
    let hasAnotherWay = context.offersChoice
    var current = context.current(enrolment, actions: [])
    current.object["methods"] = [["type": "signed_nonce"]]
    current.object["contextualData"] = [
      "challenge": [
        "type": "object",
        "value": .object(DeviceProbe(.loopback).challenge(request, context)),
      ]
    ]
    if hasAnotherWay {
      current.object["cancel"] = Form.cancelPolling.wire(
        origin: context.origin, stateHandle: context.stateHandle)
    }
    let poll = Form(
      name: "challenge-poll", path: "/idp/idx/authenticators/poll",
      relatesTo: ["$.currentAuthenticator"], refresh: context.switches.pollMilliseconds)
    var page = Page(forms: [poll] + context.choiceBeside, current: current)
    page.hidden = hasAnotherWay ? [.cancelPolling] : []
    return page
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    switch submission.form {
    case "challenge-poll": news(context, in: &organisation, now: now) ?? .again
    case "cancel-polling": .next(SelectStep())
    default: organisation.choose(submission.body, context, now: now)
    }
  }

  mutating func news(
    _ context: StepContext, in organisation: inout Organisation, now: Date
  ) -> Outcome? {
    switch organisation.decision(of: ring) {
    case .approved: .proven(Proof(key: .oktaVerify, amr: "swk"))
    case .denied: .next(RefusedStep(messages: [.invalidDevice], status: 400))
    case .waiting, .replaced: nil
    }
  }

  mutating func left(_ organisation: inout Organisation) {
    organisation.withdraw(phoneRequest: ring)
  }
}

extension Organisation {
  /// Asks Okta Verify on the machine of this person, or, where nobody is known, of the first one.
  mutating func probe(_ probe: DeviceProbe, now: Date) -> DeviceChallengeStep {
    let ring = members.first.map {
      self.ring(.device, .oktaVerify, of: $0.person.identifier, now: now)
    }
    return DeviceChallengeStep(probe: probe, request: random.handle(42), ring: ring)
  }

  mutating func signedNonce(
    _ enrolment: Enrolment, _ context: StepContext, now: Date
  ) -> SignedNonceStep {
    var step = SignedNonceStep(enrolment: enrolment, request: random.handle(42))
    if let member = context.member, !member.isPhantom {
      step.ring = ring(.device, .oktaVerify, of: member.person.identifier, now: now)
    }
    return step
  }

  /// Whose phone or machine a request was for.
  func owner(ofRequest number: Int?) -> Int? {
    phone.first { $0.number == number }.flatMap { place(of: $0.person) }
  }
}

extension Form {
  /// Gives the device up.
  static let cancelPolling = Form(
    name: "cancel-polling", path: "/idp/idx/authenticators/poll/cancel")
  /// Asks Okta Verify on this machine after all.
  static let launchAuthenticator = Form(
    name: "launch-authenticator", path: "/idp/idx/authenticators/okta-verify/launch")
}

extension Message {
  static let invalidDevice = Message(
    "core.auth.factor.signedNonce.error.invalidDevice",
    "Your device or account was invalidated. If this is unexpected, contact your administrator for "
      + "help.", parameters: [])
}
