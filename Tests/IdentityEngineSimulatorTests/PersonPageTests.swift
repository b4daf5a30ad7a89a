import Foundation
import HTTPTypes
import Testing

@testable import IdentityEngineSimulator

@Suite("A person at the pages")
struct PersonPageTests {
  private func page(_ path: String, _ visitor: inout Visitor) -> String {
    String(decoding: visitor.send(.get, path).body, as: UTF8.self)
  }

  /// Presses the button of that label, as a browser without script does.
  private func press(
    _ label: String, on page: String, _ visitor: inout Visitor
  ) throws -> SimulatedResponse {
    let forms = page.components(separatedBy: "<form ").dropFirst()
    let form = try #require(forms.first { $0.contains("<button>\(label)</button>") })
    func attributes(_ text: String, _ name: String) -> [String] {
      text.components(separatedBy: " \(name)=\"").dropFirst().map {
        String($0.prefix { $0 != "\"" })
      }
    }
    let values = zip(attributes(form, "name"), attributes(form, "value"))
    let action = try #require(form.components(separatedBy: "action=\"").last)
    return visitor.form(
      String(action.prefix { $0 != "\"" }), Dictionary(Array(values)) { $1 })
  }

  @Test(
    "plays the phone, Duo's page and the machine by a button",
    arguments: [
      ("push", "Yes, it&#39;s me", "challenge-poll"),
      ("fastpass", "Okta Verify is here, and signs", "challenge-poll"),
    ])
  func phone(scenario: String, button: String, form: String) throws {
    var visitor = try Visitor(scenario)
    try visitor.passPassword()
    let before = page("/simulator/phone", &visitor)
    let pressed = try press(button, on: before, &visitor)
    #expect(pressed.status == 303)
    #expect(pressed.headers[.location] == "/simulator/phone")
    #expect(page("/simulator/phone", &visitor).contains("<td>approved</td>"))
    try visitor.answer(form)
    #expect(visitor.code != nil)
  }

  @Test("scans the code of an enrolment")
  func enrolment() throws {
    var visitor = try Visitor("enroll-okta-verify")
    try visitor.beginWithPassword()
    try visitor.enrol("Okta Verify")
    let before = page("/simulator/phone", &visitor)
    #expect(before.contains("This phone has no biometrics"))
    _ = try press("Scan it and add the account", on: before, &visitor)
    try visitor.answer("enroll-poll")
    #expect(visitor.code != nil)
    #expect(page("/simulator/phone", &visitor).contains("Codes of Okta Verify"))
  }

  @Test("finds what Duo's page gives back, ready to be copied")
  func duo() throws {
    var visitor = try Visitor("duo")
    try visitor.passPassword()
    let before = page("/simulator/phone", &visitor)
    #expect(!before.contains("<code>"))
    _ = try press("Yes, it&#39;s me", on: before, &visitor)
    let after = page("/simulator/phone", &visitor)
    let response = try #require(visitor.organisation.phone.last?.response)
    #expect(after.contains("<code>\(response)</code>"))
  }

  @Test("sees what all tokens show, and sends a link where the scenario has one")
  func people() throws {
    var visitor = try Visitor("recovery")
    let before = page("/simulator", &visitor)
    #expect(before.contains("<td>RSA SecurID</td><td><b>271828 182845</b></td>"))
    #expect(!before.contains("activation</button>"))
    let pressed = try press("new password", on: before, &visitor)
    #expect(pressed.status == 303)
    let mail = try #require(visitor.organisation.outbox.last)
    #expect(mail.recipient == "ann@example.com")
    #expect(page("/simulator", &visitor).contains(try #require(mail.token)))
    _ = try visitor.begin(["recovery_token": try #require(mail.token)])
    #expect(visitor.names == ["reset-authenticator"])
  }
}
