// An answer is held against its form before anything goes to the issuer (contract §2 and §7).

import JSON
import Prompts
import Testing

@Suite("An answer and its form")
struct AnswerTests {
  private func form(_ fields: [Field], kind: Form.Kind = .form) -> Form {
    Form(id: "identify", remediation: "identify", kind: kind, fields: fields)
  }

  private func validate(
    _ fields: [Field], _ answer: JSONObject
  ) throws(AnswerFault) -> [String: AnsweredValue] {
    try form(fields).validate(Answer(form: "identify", fields: answer))
  }

  private let passcode = Field(name: "credentials.passcode", isRequired: true, isSecret: true)

  @Test("a nested name is answered dotted or nested alike")
  func nestedAndDotted() throws {
    let dotted = try validate([passcode], ["credentials.passcode": "x"])
    let nested = try validate([passcode], ["credentials": ["passcode": "x"]])
    #expect(dotted == ["credentials.passcode": .value("x")])
    #expect(nested == dotted)
  }

  @Test("a name may be dotted in part and nested in part")
  func partlyNested() throws {
    let field = Field(name: "userProfile.address.city")
    let expected: [String: AnsweredValue] = ["userProfile.address.city": .value("Ulm")]
    #expect(try validate([field], ["userProfile.address": ["city": "Ulm"]]) == expected)
    #expect(try validate([field], ["userProfile": ["address.city": "Ulm"]]) == expected)
    #expect(try validate([field], ["userProfile": ["address": ["city": "Ulm"]]]) == expected)
  }

  @Test("a name with a dot of its own is found by its exact name first")
  func literalDot() throws {
    let fields = [Field(name: "a.b"), Field(name: "a.b.c")]
    let values = try validate(fields, ["a.b": "outer", "a": ["b.c": "inner"]])
    #expect(values == ["a.b": .value("outer"), "a.b.c": .value("inner")])
  }

  @Test("the exact name wins over the nested reading of an object")
  func exactNameFirst() {
    let fields = [Field(name: "a"), Field(name: "a.b")]
    #expect(throws: AnswerFault.wrongType(field: "a", expected: .string)) {
      try validate(fields, ["a": ["b": "x"]])
    }
  }

  @Test(
    "an unknown field is refused by its whole name",
    arguments: [
      (["other": "x"], "other"),
      (["credentials": ["other": "x"]], "credentials.other"),
      (["credentials": "x"], "credentials"),
      (["passcode": "x"], "passcode"),
    ] as [(JSONObject, String)])
  func unknown(answer: JSONObject, name: String) {
    #expect(throws: AnswerFault.unknown(field: name)) { try validate([passcode], answer) }
  }

  @Test(
    "a required field that is missing or empty is refused",
    arguments: [
      [:], ["credentials.passcode": ""], ["credentials": [:]],
    ] as [JSONObject])
  func missing(answer: JSONObject) {
    #expect(throws: AnswerFault.missing(field: "credentials.passcode")) {
      try validate([passcode], answer)
    }
  }

  @Test("a field with a value of the server's may be left out, and is not invented then")
  func serverValue() throws {
    let field = Field(name: "rememberMe", kind: .boolean, isRequired: true, value: false)
    #expect(try validate([field], [:]).isEmpty)
    #expect(try validate([field], ["rememberMe": true]) == ["rememberMe": .value(true)])
  }

  @Test("lengths are counted in Unicode scalars, and both ends hold")
  func lengths() throws {
    let field = Field(name: "code", minimumLength: 2, maximumLength: 3)
    for text in ["äö", "äöü"] {
      #expect(try validate([field], ["code": .string(text)]) == ["code": .value(.string(text))])
    }
    #expect(throws: AnswerFault.tooShort(field: "code", minimum: 2)) {
      try validate([field], ["code": "ä"])
    }
    #expect(throws: AnswerFault.tooLong(field: "code", maximum: 3)) {
      try validate([field], ["code": "äöüß"])
    }
  }

  @Test(
    "a value of another type is refused",
    arguments: [
      (.string, 1), (.string, true), (.string, .null), (.boolean, "true"), (.boolean, 1),
      (.integer, "1"), (.integer, .double(1.5)), (.choice, 1), (.choice, .null),
    ] as [(Field.Kind, JSONValue)])
  func types(kind: Field.Kind, value: JSONValue) {
    #expect(throws: AnswerFault.wrongType(field: "f", expected: kind)) {
      try validate([Field(name: "f", kind: kind)], ["f": value])
    }
  }

  @Test("what a program computes is answered like anything else")
  func computed() throws {
    let field = Field(name: "credentials.signatureData", isRequired: true, isComputed: true)
    #expect(
      try validate([field], ["credentials": ["signatureData": "AA"]])
        == ["credentials.signatureData": .value("AA")])
    #expect(throws: AnswerFault.missing(field: "credentials.signatureData")) {
      try validate([field], [:])
    }
  }

  // MARK: Choices

  private let authenticator = Field(
    name: "authenticator", kind: .choice, isRequired: true,
    choices: [
      Choice(id: "okta_email", label: "Email"),
      Choice(
        id: "phone_number", label: "Phone",
        fields: [
          Field(
            name: "methodType", kind: .choice, isRequired: true,
            choices: [Choice(id: "sms", label: "SMS"), Choice(id: "voice", label: "Call")])
        ]),
    ])

  @Test("a choice is answered by its id, or by an object with the id")
  func choice() throws {
    let expected: [String: AnsweredValue] = [
      "authenticator": .choice(id: "okta_email", fields: [:])
    ]
    #expect(try validate([authenticator], ["authenticator": "okta_email"]) == expected)
    #expect(try validate([authenticator], ["authenticator": ["id": "okta_email"]]) == expected)
  }

  @Test("a choice with fields of its own takes them beside its id")
  func choiceWithFields() throws {
    let answer: JSONObject = [
      "authenticator": ["id": "phone_number", "fields": ["methodType": "sms"]]
    ]
    #expect(
      try validate([authenticator], answer) == [
        "authenticator": .choice(
          id: "phone_number", fields: ["methodType": .choice(id: "sms", fields: [:])])
      ])
  }

  @Test(
    "a fault in a choice is named with its whole path",
    arguments: [
      ("phone_number", .missing(field: "authenticator.methodType")),
      (["id": "phone_number"], .missing(field: "authenticator.methodType")),
      (["fields": [:]], .missing(field: "authenticator.id")),
      (["id": "okta_email", "more": 1], .unknown(field: "authenticator.more")),
      (
        ["id": "okta_email", "fields": ["methodType": "sms"]],
        .unknown(field: "authenticator.methodType")
      ),
      (
        ["id": "phone_number", "fields": ["methodType": "pigeon"]],
        .noSuchChoice(field: "authenticator.methodType", choices: ["sms", "voice"])
      ),
      ("pigeon", .noSuchChoice(field: "authenticator", choices: ["okta_email", "phone_number"])),
      (
        ["id": "phone_number", "fields": "sms"],
        .wrongType(field: "authenticator.fields", expected: .choice)
      ),
    ] as [(JSONValue, AnswerFault)])
  func choiceFaults(value: JSONValue, fault: AnswerFault) {
    #expect(throws: fault) { try validate([authenticator], ["authenticator": value]) }
  }

  // MARK: Forms

  @Test("an action is answered with nothing")
  func action() throws {
    let resend = Form(id: "resend", remediation: "currentAuthenticator.resend", kind: .action)
    #expect(try resend.validate(Answer(form: "resend")).isEmpty)
  }

  @Test("another form's id, and a poll, have nothing to answer")
  func noSuchForm() {
    #expect(throws: AnswerFault.noSuchForm("other")) {
      try form([]).validate(Answer(form: "other"))
    }
    #expect(throws: AnswerFault.noSuchForm("identify")) {
      try form([], kind: .poll).validate(Answer(form: "identify"))
    }
  }
}
