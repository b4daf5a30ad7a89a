// What only a device or its own program can do: it is passed by where there is another way, and
// otherwise said for what it is.

import IdentityEngine
import JSON
import Prompts
import TestSupport
import Testing

@testable import InteractionCodeFlow

@Suite("What needs a device that a broker is not")
struct DeviceChallengeTests {
  private func fastPass(_ forms: JSONValue..., method: String = "LOOPBACK") throws -> IDXResponse {
    let object: JSONObject = [
      "version": "1.0.0", "stateHandle": "02.s",
      "remediation": ["value": .array([Engine.form("challenge-poll", refresh: 2000)] + forms)],
      "currentAuthenticator": [
        "value": [
          "key": "okta_verify", "displayName": "Okta Verify", "methods": [["type": "signed_nonce"]],
          "contextualData": ["challenge": ["value": ["challengeMethod": .string(method)]]],
        ]
      ],
    ]
    return try IDXResponse(status: 200, body: JSONWriter.bytes(.object(object)))
  }

  @Test(
    "FastPass beside another way is said to be none, and the other way comes first",
    arguments: ["LOOPBACK", "CUSTOM_URI", "UNIVERSAL_LINK", "APP_LINK", "CHROME_DTC"])
  func beside(method: String) throws {
    let response = try fastPass(
      Engine.form("select-authenticator-authenticate", ["name": "x"]), method: method)
    let content = Prompt.Content.shown(response)
    #expect(content.forms.map(\.kind) == [.unsupported, .form])
    #expect(content.forms.first?.label == "Sign in with Okta FastPass")
    #expect(content.title == "Choose how to verify")
    #expect(content.messages == [])
  }

  @Test("FastPass alone says what an administrator can do, and is asked after all the same")
  func alone() throws {
    var stage = try Stage.showing(try fastPass(), lifetime: .seconds(300))
    let content = try #require(stage.transaction.openStep?.content)
    #expect(content.forms.map(\.kind) == [.unsupported])
    #expect(content.messages.map(\.key) == ["remedy.unsupported"])
    #expect(content.messages.first?.text.contains("let the sign-on policy accept another") == true)
    // The engine gives up in the end, and says what comes next.
    _ = stage.feed(.woken, at: 2)
    #expect(stage.requests.last?.name == "challenge-poll")
    let identify = try Engine.identify()
    #expect(try stage.respond(identify, at: 3).first == .show(Prompt.Content.shown(identify)))
  }

  @Test("a push is no such challenge")
  func push() throws {
    #expect(Prompt.Content.shown(try Engine.push()).forms.first?.kind == .poll)
  }

  @Test("to make an account or to unlock one is no other way to sign in")
  func noWay() throws {
    let response = try Engine.answer(
      Engine.form("launch-authenticator"), Engine.form("select-enroll-profile"),
      Engine.form("unlock-account"))
    let content = Prompt.Content.shown(response)
    #expect(content.messages.map(\.key) == ["remedy.unsupported"])
    #expect(content.forms.map(\.kind) == [.unsupported, .action, .action])
  }

  /// What a program on the person's own device answers.
  private static let deviceBound: Set = [
    "device-challenge-poll", "launch-authenticator", "launch-nfc-authenticator",
    "device-apple-sso-extension",
  ]

  @Test(
    "every published answer with one is left by itself, offers another way, or says what can be done",
    .enabled(if: Corpus.isPresent, Comment(rawValue: Corpus.absence)))
  func published() throws {
    let corpus = try #require(Corpus.found)
    var left = 0
    var passedBy = 0
    var said = 0
    for entry in corpus.entries where entry.kind == "idx" && entry.subkind == "ion" {
      guard
        let response = try? IDXResponse(
          status: entry.status ?? 200, body: try corpus.bytes(entry.file)),
        response.remediations.contains(where: {
          Self.deviceBound.contains($0.name) || DeviceChallenge.isAwaited(by: $0, in: response)
        })
      else { continue }
      let stage = try Stage.showing(response)
      if let request = stage.requests.last, request.name != "introspect" {
        #expect(
          ["cancel-polling", "cancel-polling-transaction", "cancel-transaction"]
            .contains(request.name), "\(entry.file)")
        left += 1
        continue
      }
      let content = try #require(stage.transaction.openStep?.content, "\(entry.file)")
      let ways = content.forms.filter {
        $0.kind != .unsupported
          && !["select-enroll-profile", "unlock-account"].contains($0.remediation)
      }
      let advice = content.messages.filter { $0.key == "remedy.unsupported" }
      #expect(ways.isEmpty != advice.isEmpty, "\(entry.file)")
      for message in advice { #expect(message.text.count > 60, "\(entry.file)") }
      if advice.isEmpty { passedBy += 1 } else { said += 1 }
    }
    print("device-bound answers: \(left) left, \(passedBy) passed by, \(said) said")
    #expect(left >= 9 && passedBy >= 15 && said >= 2)
  }
}
