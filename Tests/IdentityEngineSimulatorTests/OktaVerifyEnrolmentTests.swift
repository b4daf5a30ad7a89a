import Foundation
import QRCodes
import Testing

@testable import IdentityEngineSimulator

@Suite("Setting up Okta Verify")
struct OktaVerifyEnrolmentTests {
  private func arrived(channel: String? = nil) throws -> Visitor {
    var visitor = try Visitor("enroll-okta-verify")
    try visitor.beginWithPassword()
    try visitor.enrol("Okta Verify", adding: channel.map { [("channel", .string($0))] } ?? [])
    return visitor
  }

  private func context(_ visitor: Visitor) -> WireValue? {
    visitor.page["currentAuthenticator"]?["value"]?["contextualData"]
  }

  /// Chooses another way for the enrolment to reach the phone.
  private func choose(_ channel: String, _ visitor: inout Visitor) throws {
    let form = try #require(visitor.remediation("select-enrollment-channel"))
    let fields = form["value"]?[0]?["value"]?["form"]?["value"]
    try visitor.answer(
      "select-enrollment-channel",
      WireObject([
        (
          "authenticator",
          ["id": try #require(fields?[0]?["value"]), "channel": .string(channel)]
        )
      ]))
  }

  @Test("the QR code can be read, and the phone that scans it is set up")
  func picture() throws {
    var visitor = try arrived()
    #expect(
      visitor.names == ["enroll-poll", "select-enrollment-channel", "select-authenticator-enroll"])
    #expect(visitor.relatesWell())
    #expect(context(visitor)?["selectedChannel"] == "qrcode")
    let picture = try #require(context(visitor)?["qrcode"]?["href"]?.text)
    let bytes = decode64(picture.dropFirst("data:image/png;base64,".count))
    let token = try #require(visitor.organisation.phone.last?.token)
    let link = "http://127.0.0.1:8080/signin/verify/enroll?t=\(token)"
    #expect(QRCode(png: bytes) == QRCode(text: link))

    try visitor.answer("enroll-poll")
    #expect(visitor.names.first == "enroll-poll")
    visitor.organisation.decide(phoneRequest: visitor.waiting[0], approve: true)
    try visitor.answer("enroll-poll")
    #expect(visitor.code != nil)

    try visitor.passPassword()
    #expect(visitor.names.first == "challenge-poll")
    visitor.organisation.decide(phoneRequest: visitor.waiting[0], approve: true)
    try visitor.answer("challenge-poll")
    #expect(visitor.code != nil)
  }

  @Test(
    "mail and SMS ask where to, and bring a link to the phone",
    arguments: [("email", "email", "ann@example.com"), ("sms", "phoneNumber", "+15551234567")])
  func sent(channel: String, field: String, destination: String) throws {
    var visitor = try arrived()
    let first = visitor.waiting
    try choose(channel, &visitor)
    #expect(
      visitor.names == [
        "enrollment-channel-data", "select-enrollment-channel", "select-authenticator-enroll",
      ])
    #expect(context(visitor) == ["selectedChannel": .string(channel)])
    #expect(visitor.waiting.isEmpty, "the picture that was shown before leads nowhere")
    #expect(!first.isEmpty)
    #expect(
      try visitor.answer("enrollment-channel-data", WireObject([(field, "nobody")])) == 400)
    #expect(visitor.organisation.outbox.isEmpty)
    try visitor.answer("enrollment-channel-data", WireObject([(field, .string(destination))]))
    #expect(visitor.names.first == "enroll-poll")
    #expect(context(visitor)?[field]?.text == destination)
    let mail = try #require(visitor.organisation.outbox.last)
    #expect(mail.kind == (channel == "sms" ? .sms : .email))
    #expect(mail.recipient == destination)

    let link = try #require(mail.link?.dropFirst(visitor.organisation.origin.count))
    let opened = visitor.send(.get, String(link))
    #expect(opened.status == 200)
    let number = visitor.waiting[0]
    #expect(String(decoding: opened.body, as: UTF8.self).contains("/enrolments/\(number)"))
    let decided = visitor.control("enrolments/\(number)", ["approve": true])
    #expect(decided.status == 200)
    try visitor.answer("enroll-poll")
    #expect(visitor.code != nil)
    let again = visitor.send(.get, String(link))
    #expect(again.status == 403, "a link works once")
  }

  @Test("the choice takes the channel at once, and a second message makes the first worth nothing")
  func resend() throws {
    var visitor = try arrived(channel: "sms")
    #expect(visitor.names.first == "enrollment-channel-data")
    try visitor.answer("enrollment-channel-data", WireObject([("phoneNumber", "+15551234567")]))
    let first = try #require(visitor.waiting.first)
    #expect(try visitor.act("resend") == 400)
    #expect(visitor.topKeys == ["errors.E0000109"])
    visitor.now += 31
    #expect(try visitor.act("resend") == 200)
    #expect(visitor.organisation.outbox.count == 2)
    #expect(visitor.waiting.count == 1)
    let late = visitor.organisation.decide(phoneRequest: first, approve: true)
    #expect(!late)
  }

  @Test(
    "the machine itself, or another device, says what there is to do",
    arguments: [
      ("samedevice", "setupOVUrl"), ("devicebootstrap", "enrolledDevices"),
    ])
  func machine(channel: String, member: String) throws {
    var visitor = try Visitor("enroll-okta-verify-same-device")
    try visitor.beginWithPassword()
    try visitor.enrol("Okta Verify", adding: [("channel", .string(channel))])
    #expect(visitor.names.first == "enroll-poll")
    #expect(context(visitor)?["selectedChannel"]?.text == channel)
    #expect(context(visitor)?[channel]?[member] != nil)
    #expect(context(visitor)?["qrcode"] == nil)
    try choose("qrcode", &visitor)
    #expect(visitor.status == 400, "this organisation has no such channel")
  }

  @Test("a phone without biometrics is not good enough, and another one may be")
  func unfit() throws {
    var visitor = try arrived()
    visitor.organisation.decide(phoneRequest: visitor.waiting[0], approve: false)
    try visitor.answer("enroll-poll")
    #expect(visitor.topKeys == ["oie.authenticator.app.method.push.enroll.enable.biometrics"])
    #expect(visitor.names.first == "enroll-poll")
    visitor.organisation.decide(phoneRequest: try #require(visitor.waiting.first), approve: true)
    try visitor.answer("enroll-poll")
    #expect(visitor.code != nil)
  }

  @Test("the codes of the phone that was set up are those of its person")
  func codes() throws {
    var visitor = try arrived()
    visitor.organisation.decide(phoneRequest: visitor.waiting[0], approve: true)
    try visitor.answer("enroll-poll")
    try visitor.passPassword()
    try visitor.choose("Okta Verify", extra: [("methodType", "totp")])
    let code = visitor.organisation.members[0].timeBasedCode(of: .oktaVerify)?.code(at: visitor.now)
    try visitor.answer(
      "challenge-authenticator",
      WireObject([("credentials", ["totp": .string(try #require(code))])]))
    #expect(visitor.code != nil)
  }
}

@Suite("A picture beside a secret")
struct QRPictureTests {
  @Test(
    "says what it should, whatever its size",
    arguments: ["a", String(repeating: "otpauth", count: 10), String(repeating: "x", count: 271)])
  func readable(text: String) {
    #expect(QRCode(png: QRPicture.png(of: text)) == QRCode(text: text))
  }

  @Test("what fits in none is an empty picture, and still a picture")
  func tooLong() {
    let bytes = QRPicture.png(of: String(repeating: "x", count: 300))
    #expect(bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]))
    #expect(QRCode(png: bytes) == nil)
  }
}
