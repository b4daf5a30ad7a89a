// What a prompt adds to the forms: names that hold, choices that can be told apart, and a context
// whose names do not change with the kind of authenticator.

import IdentityEngine
import InteractionCodeFlow
import JSON
import Prompts
import TestSupport
import Testing

@Suite("Prompts")
struct PromptTests {
  private func content(_ members: JSONObject) throws -> Prompt.Content {
    var object: JSONObject = ["version": "1.0.0"]
    for member in members.members { object[member.name] = member.value }
    if object["remediation"] == nil {
      object["remediation"] = ["value": [Engine.form("challenge-authenticator")]]
    }
    let response = try IDXResponse(status: 200, body: JSONWriter.bytes(.object(object)))
    guard case .show(let content)? = Transaction.introspected(response).1.first else {
      throw Transaction.Fault.refused("no prompt")
    }
    return content
  }

  @Test("forms of one name are told apart by provider, or by number")
  func formIDs() throws {
    let link: JSONValue = ["name": "redirect-idp", "idp": ["id": "0oa1", "name": "Acme"]]
    let content = try content([
      "remediation": [
        "value": [Engine.form("identify"), link, link, ["name": "redirect-idp"], ["name": "new"]]
      ]
    ])
    #expect(
      content.forms.map(\.id) == [
        "identify", "redirect-idp:0oa1", "redirect-idp:0oa1:2", "redirect-idp", "new",
      ])
    #expect(content.forms.map(\.kind) == [.action, .browser, .browser, .browser, .browser])
    #expect(content.forms[1].label == "Sign in with Acme")
  }

  @Test("two enrolments of one authenticator are two choices")
  func choiceIDs() throws {
    func option(_ enrollment: String?) -> JSONValue {
      var fields: [JSONValue] = [["name": "id", "value": "aut", "mutable": false]]
      if let enrollment {
        fields.append(
          ["name": "enrollmentId", "value": .string(enrollment), "mutable": false])
      }
      return [
        "label": "Phone", "relatesTo": "$.authenticatorEnrollments.value[0]",
        "value": ["form": ["value": .array(fields)]],
      ]
    }
    let content = try content([
      "remediation": [
        "value": [
          Engine.form(
            "select-authenticator-authenticate",
            [
              "name": "authenticator",
              "options": [option("pae1"), option("pae2"), option(nil), option(nil)],
            ])
        ]
      ],
      "authenticatorEnrollments": ["value": [["key": "phone_number"]]],
    ])
    #expect(
      content.forms[0].fields[0].choices.map(\.id) == [
        "phone_number:pae1", "phone_number:pae2", "phone_number", "phone_number:2",
      ])
  }

  @Test("fields of one object that stands several times in a form go back as one object")
  func merging() throws {
    let response = try Engine.answer(
      Engine.form(
        "profile-update", ["name": "userProfile", "form": ["value": [["name": "a"]]]],
        ["name": "userProfile", "form": ["value": [["name": "b.c"]]]]))
    var stage = try Stage.showing(response)
    _ = stage.feed(
      .answered(
        form: "profile-update",
        values: ["userProfile.a": .value("1"), "userProfile.b.c": .value("2")]))
    #expect(
      stage.requests.last?.body == ["userProfile": ["a": "1", "b.c": "2"], "stateHandle": "02.s"])
  }

  @Test("the handle in the form is the one that is sent; without one, the answer's own")
  func handles() throws {
    let response = try Engine.answer(
      handle: "02.top", Engine.form("a", handle: "02.form"),
      ["name": "b", "rel": ["create-form"], "href": "https://issuer.example/b"])
    let stage = try Stage.showing(response)
    for (form, handle) in [("a", "02.form"), ("b", "02.top")] {
      var stage = stage
      _ = stage.feed(.answered(form: form, values: [:]))
      #expect(stage.requests.last?.body == ["stateHandle": .string(handle)])
    }
  }

  @Test("what is left out is sent with the server's preset, or not at all")
  func presets() throws {
    let response = try Engine.answer(
      Engine.form(
        "identify", ["name": "rememberMe", "type": "boolean", "value": false], ["name": "empty"],
        ["name": "channel", "value": "sms", "options": [["value": "sms"], ["value": "email"]]]))
    var stage = try Stage.showing(response)
    _ = stage.feed(.answered(form: "identify", values: [:]))
    #expect(
      stage.requests.last?.body == ["rememberMe": false, "channel": "sms", "stateHandle": "02.s"])
  }

  @Test("the context has a number to compare, a QR code, a question and a masked address by name")
  func context() throws {
    let verify = try content([
      "currentAuthenticator": [
        "value": [
          "key": "okta_verify",
          "contextualData": [
            "correctAnswer": 93, "sharedSecret": "ABC", "qrcode": ["href": "data:x"], "new": 1,
          ],
        ]
      ],
      "currentAuthenticatorEnrollment": [
        "value": [
          "profile": ["email": "a***@x.org"],
          "contextualData": ["enrolledQuestion": ["questionKey": "k", "question": "Pet?"]],
          "settings": ["complexity": ["minLength": 8]],
        ]
      ],
      "captcha": ["value": ["siteKey": "s"]],
    ])
    #expect(
      verify.context == [
        "captcha": ["value": ["siteKey": "s"]],
        "number_challenge": 93, "shared_secret": "ABC", "qr_code": "data:x", "new": 1,
        "question": "Pet?", "email": "a***@x.org",
        "password_policy": ["complexity": ["minLength": 8]],
      ])
  }

  @Test("the days that a password still holds, and where else it is changed, have names too")
  func expiry() throws {
    let warned = try content([
      "remediation": [
        "value": [
          [
            "name": "reenroll-custom-password-expiry-warning", "rel": ["create-form"],
            "href": "https://issuer.example/x", "customExpiredPasswordName": "Intranet",
            "customExpiredPasswordURL": "https://intranet.example/",
          ]
        ]
      ],
      "currentAuthenticator": ["value": ["settings": ["daysToExpiry": 3]]],
    ])
    #expect(warned.context["days_to_expiry"] == 3)
    #expect(
      warned.context["change_password_at"] == [
        "url": "https://intranet.example/", "name": "Intranet",
      ])
  }

  @Test("what cannot be done here is not in the way of what can")
  func unsupportedBeside() throws {
    let beside = try content([
      "remediation": [
        "value": [Engine.form("launch-authenticator"), Engine.form("identify", ["name": "x"])]
      ]
    ])
    #expect(beside.forms.map(\.kind) == [.unsupported, .form])
    #expect(beside.title == "Sign in")
    #expect(beside.messages == [])
  }

  @Test("where nothing can be done here, a warning of ours says what an administrator can do")
  func unsupportedAlone() throws {
    let alone = try content([
      "remediation": ["value": [Engine.form("launch-nfc-authenticator")]]
    ])
    #expect(alone.title == "Sign in with a badge")
    #expect(alone.messages.map(\.key) == ["remedy.unsupported"])
    #expect(alone.messages.map(\.level) == [.warning])
    #expect(alone.messages[0].text.contains("sign-on policy"))
  }

  @Test("answers to security questions and passwords are secret, marked or not")
  func secrets() throws {
    func fields(_ authenticator: JSONValue, _ options: JSONValue? = nil) throws -> [Field] {
      let leaves: JSONValue = [["name": "answer"], ["name": "passcode"], ["name": "question"]]
      var credentials: JSONObject = ["name": "credentials"]
      credentials.append("form", options == nil ? ["value": leaves] : nil)
      credentials.append(
        "options", options.map { [["label": $0, "value": ["form": ["value": leaves]]]] })
      return try content([
        "remediation": ["value": [Engine.form("challenge-authenticator", .object(credentials))]],
        "currentAuthenticatorEnrollment": ["value": authenticator],
      ]).forms[0].fields
    }
    func secret(_ fields: [Field]) -> [String] { fields.filter(\.isSecret).map(\.name) }
    let both = ["credentials.answer", "credentials.passcode"]
    let cases: [(JSONValue, [String])] = [
      (["key": "okta_password"], both), (["type": "password"], both),
      (["key": "okta_email", "type": "password"], ["credentials.answer"]),
    ]
    for (authenticator, names) in cases { #expect(try secret(fields(authenticator)) == names) }
    let chosen = try fields(["key": "security_question"], "Own")[0]
    #expect(!chosen.isSecret)
    #expect(secret(chosen.choices[0].fields) == ["answer"])
  }

  @Test(
    "a method that the engine hides is chosen all the same, where it leaves the choice open",
    .enabled(if: Corpus.isPresent, Comment(rawValue: Corpus.absence)),
    arguments: [
      "authenticator-verification-okta-verify-totp", "authenticator-verification-okta-verify-push",
      "authenticator-verification-okta-verify-totp-onlyOV",
    ])
  func hiddenChoice(_ name: String) throws {
    let bytes = try #require(Corpus.found).bytes("responses/okta-signin-widget/\(name).json")
    let content = Prompt.Content.shown(try IDXResponse(status: 200, body: bytes))
    let select = try #require(content.form("select-authenticator-authenticate"))
    let methods = select.fields.flatMap(\.choices).flatMap(\.fields).filter {
      $0.choices.map(\.id) == ["signed_nonce", "push", "totp"]
    }
    #expect(methods.map(\.isComputed) == [false])
  }

  @Test(
    "a consent given scope by scope names those that it leaves no choice about, too",
    .enabled(if: Corpus.isPresent, Comment(rawValue: Corpus.absence)))
  func certainScopes() throws {
    let file = "responses/okta-signin-widget/consent-granular-prefix-collision.json"
    let bytes = try #require(Corpus.found).bytes(file)
    let form = Prompt.Content.shown(try IDXResponse(status: 200, body: bytes)).forms[0]
    #expect(
      form.details["scopes"] == [
        ["name": "openid"],
        ["name": "profile", "label": "View your profile information."],
      ])
    #expect(
      form.fields.map(\.name) == ["consent", "optedScopes.custom1", "optedScopes.custom1.custom2"])
  }

  @Test("what is nested too deeply for a line of our own comes as text")
  func depth() throws {
    var deep: JSONValue = "bottom"
    for _ in 0..<90 { deep = ["in": deep] }
    let form: JSONValue = ["name": "unheard-of", "deep": deep]
    let content = try content(["remediation": ["value": [form]], "extra": deep])
    let line: JSONValue = ["params": ["prompt": .object(content.json)]]
    let read = try JSONParser.parse(JSONWriter.bytes(line), rules: .strict)
    #expect(JSONWriter.text(read).split(separator: "bottom").count == 3)
  }

  @Test("a smart card is a browser's business: its link is there to be opened")
  func smartCard() throws {
    let link: JSONValue = [
      "name": "piv-idp", "type": "X509", "method": "GET", "href": "https://issuer.example/sso/c",
    ]
    let form = try content(["remediation": ["value": [link]]]).forms[0]
    #expect(form.kind == .browser)
    #expect(form.url == "https://issuer.example/sso/c")
  }

  @Test("the title names the authenticator, by our word where the administrator gave it none")
  func titles() throws {
    func title(_ form: String, _ authenticator: JSONValue) throws -> String {
      try content([
        "remediation": ["value": [Engine.form(form)]],
        "currentAuthenticator": ["value": authenticator],
      ]).title
    }
    #expect(
      try title("challenge-authenticator", ["key": "okta_email", "displayName": "Work mail"])
        == "Verify with Work mail")
    #expect(
      try title("enroll-authenticator", ["key": "google_otp"]) == "Set up Google Authenticator")
    #expect(try title("reset-authenticator", ["type": "password"]) == "Choose a new Password")
    #expect(try title("challenge-poll", ["key": "unheard-of"]) == "Verify with unheard-of")
    #expect(try title("unheard-of", [:]) == "unheard-of")
  }
}
