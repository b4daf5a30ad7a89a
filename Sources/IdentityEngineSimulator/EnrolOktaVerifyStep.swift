// Setting up Okta Verify on a phone: the phone learns of it by a QR code, a mail or an SMS, and the
// transaction learns of the phone by polling.
//
// 1. With the QR code the enrolment waits at once; the other channels ask where to first.
// 2. Choosing a channel again begins anew, and what went out before is worth nothing.
// 3. A phone that is not good enough says so, and the enrolment goes on waiting for another one.

import FoundationEssentials

/// How an enrolment of Okta Verify gets to the phone.
public enum EnrolmentChannel: String, Codable, Sendable, CaseIterable {
  case qrcode, email, sms
  /// By the app on the machine that signs in.
  case samedevice
  /// By another device that has it already.
  case devicebootstrap

  /// Those that an organisation has which says nothing.
  public static let standard: [EnrolmentChannel] = [.qrcode, .email, .sms]

  var label: String { rawValue.uppercased() }

  /// What has to be known before anything is sent; there is nothing to know of a picture.
  var field: FormField? {
    switch self {
    case .qrcode, .samedevice, .devicebootstrap: nil
    case .email: FormField(name: "email", label: "Email", required: true, visible: true)
    case .sms:
      FormField(name: "phoneNumber", label: "Phone Number", required: true, visible: true)
    }
  }

  /// What a page shows beside a channel over which nothing is sent; a picture is made elsewhere.
  func instructions(_ context: StepContext) -> WireValue? {
    switch self {
    case .samedevice:
      [
        "orgUrl": .string(context.origin), "platform": "WINDOWS", "securityLevel": "HIGH",
        "downloadHref": .string(context.origin + "/signin/verify/download"),
        "setupOVUrl": .string(context.origin + "/signin/verify/setup"),
      ]
    case .devicebootstrap: ["platform": "ios", "enrolledDevices": ["Ann's tablet", "Ann's watch"]]
    default: nil
    }
  }

  /// Whether something can be sent there.
  func reaches(_ destination: String) -> Bool {
    switch self {
    case .qrcode, .samedevice, .devicebootstrap: true
    case .email: destination.isEmailAddress
    case .sms: destination.isPhoneNumber
    }
  }
}

/// The wait for a phone.
struct EnrolOktaVerifyStep: Step {
  let channel: EnrolmentChannel
  private var destination: String?
  private var request: Int?
  private var sentAt = Date.distantPast
  private var token = ""
  private var isUnfit = false

  init(channel: EnrolmentChannel) { self.channel = channel }

  private var isWaiting: Bool { channel.field == nil || destination != nil }

  func page(_ context: StepContext) -> Page {
    var data = WireObject()
    if channel == .qrcode {
      data["qrcode"] = [
        "method": "embedded", "href": .string(QRPicture.dataURL(of: link(context))),
        "type": "image/png",
      ]
    }
    if let instructions = channel.instructions(context) { data[channel.rawValue] = instructions }
    data["selectedChannel"] = .string(channel.rawValue)
    if let destination, let name = channel.field?.name { data[name] = .string(destination) }
    var page = context.enrolmentPage(
      .oktaVerify, .credentials([]), adding: [("contextualData", .object(data))],
      actions: destination == nil ? [] : [.resend])
    page.forms = [isWaiting ? waiting(context) : asking, choice(context)] + context.enrolmentChoice
    if isUnfit { page.messages = [.biometricsNeeded] }
    return page
  }

  private func waiting(_ context: StepContext) -> Form {
    Form(
      name: "enroll-poll", path: "/idp/idx/challenge/poll",
      refresh: context.switches.pollMilliseconds)
  }

  private var asking: Form {
    Form(
      name: "enrollment-channel-data", path: "/idp/idx/challenge/send",
      fields: channel.field.map { [$0] } ?? [])
  }

  private func choice(_ context: StepContext) -> Form {
    Form(
      name: "select-enrollment-channel", path: "/idp/idx/credential/enroll",
      fields: [
        FormField(
          name: "authenticator", label: AuthenticatorKey.oktaVerify.label, type: "object",
          form: [
            .fixed("id", context.authenticators[.oktaVerify] ?? ""),
            .channel(among: context.switches.enrolmentChannels),
          ],
          isFormInValue: true)
      ])
  }

  /// What the picture, the mail or the SMS says to the phone.
  private func link(_ context: StepContext) -> String {
    "\(context.origin)/signin/verify/enroll?t=\(token)"
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    switch submission.form {
    case "enroll-poll":
      return news(context, in: &organisation, now: now) ?? .again
    case "enrollment-channel-data":
      let given = submission.body[channel.field?.name ?? ""]?.text ?? ""
      guard channel.reaches(given) else {
        return .refused(
          status: context.switches.validationStatus,
          top: [channel == .sms ? .invalidSMSNumber : .invalidLoginEmail("Email")])
      }
      return .next(sent(to: given, context, in: &organisation, now: now))
    case "resend":
      if context.switches.resendThrottle && now < sentAt + (channel == .sms ? 30 : 5) {
        return .refused(
          status: context.switches.validationStatus,
          top: [channel == .sms ? .tooEarlyForSMS : .tooEarlyForEmail])
      }
      return .next(sent(to: destination, context, in: &organisation, now: now))
    default:
      return organisation.chooseEnrolment(submission, context, now: now)
    }
  }

  mutating func news(
    _ context: StepContext, in organisation: inout Organisation, now: Date
  ) -> Outcome? {
    switch organisation.decision(of: request) {
    case .approved:
      let device = "\(context.member?.person.firstName ?? "Somebody")'s new phone"
      let seed = organisation.random.base32(32)
      organisation.enrol(
        .oktaVerify, context.subject, profile: [("deviceName", device)], destination: device
      ) { $0.oktaVerify = Person.OktaVerify(deviceName: device, totpSeed: seed) }
      return .enrolled(Proof(key: .oktaVerify, amr: "swk"))
    case .denied:
      var next = sent(to: destination, context, in: &organisation, now: now)
      next.isUnfit = true
      return .next(next)
    case .waiting, .replaced:
      return nil
    }
  }

  mutating func left(_ organisation: inout Organisation) {
    organisation.withdraw(phoneRequest: request)
  }

  /// The same step once the phone's half is made, and sent where the channel is one that sends.
  func sent(
    to destination: String?, _ context: StepContext, in organisation: inout Organisation, now: Date
  ) -> EnrolOktaVerifyStep {
    var next = self
    next.destination = destination
    next.isUnfit = false
    guard next.isWaiting, let person = context.member?.person.identifier else { return next }
    next.token = organisation.random.handle(24)
    next.request = organisation.ring(
      .enrolment, .oktaVerify, of: person, token: next.token, now: now)
    next.sentAt = now
    if let destination {
      organisation.deliver(
        channel == .sms ? .sms : .email, code: "", link: next.link(context), to: destination,
        of: person, now: now)
    }
    return next
  }
}

extension FormField {
  static func channel(among channels: [EnrolmentChannel]) -> FormField {
    FormField(
      name: "channel", type: "string", required: false,
      options: channels.map {
        FormOption(label: $0.label, content: .plain(.string($0.rawValue)))
      })
  }
}

extension String {
  /// E.164: `+` and 8 to 15 digits, the first of which is no zero.
  var isPhoneNumber: Bool {
    let digits = dropFirst()
    return first == "+" && (8...15).contains(digits.count)
      && digits.allSatisfy { $0.isASCII && $0.isNumber } && digits.first != "0"
  }
}

extension Message {
  static let biometricsNeeded = Message(
    "oie.authenticator.app.method.push.enroll.enable.biometrics",
    "Your organization requires biometrics. To proceed, ensure your device supports biometrics, "
      + "then add your account and enable biometrics when prompted.", parameters: [])
  static let invalidSMSNumber = Message(
    "api.factors.error.sms.invalid_phone",
    "The phone number is invalid. Please provide a valid phone number.", parameters: [])
}
