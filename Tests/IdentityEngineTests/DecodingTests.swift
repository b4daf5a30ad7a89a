// What real answers do that a reader of documentation would not expect (protocol reference §11).

import IdentityEngine
import JSON
import Testing

func response(_ json: JSONValue) throws -> IDXResponse {
  var object = json.object ?? [:]
  object["version"] = object["version"] ?? "1.0.0"
  return try IDXResponse(status: 200, body: JSONWriter.bytes(.object(object)))
}

/// The fields of an answer's only form.
func fields(_ fields: JSONValue) throws -> [IONField] {
  let answer = try response(["remediation": ["value": [["name": "form", "value": fields]]]])
  return try #require(answer.remediations.first).fields
}

@Suite("References to authenticators")
struct ReferenceTests {
  private static let answer: JSONValue = [
    "remediation": [
      "value": [
        ["name": "list", "relatesTo": ["$.currentAuthenticator"]],
        ["name": "text", "relatesTo": "authenticatorChallenge"],
        ["name": "none"],
      ]
    ],
    "currentAuthenticator": ["type": "object", "value": ["key": "okta_verify", "id": "aut1"]],
    "authenticatorEnrollments": [
      "value": [
        ["key": "phone_number", "id": "sms1", "methods": [["type": "sms"]]],
        ["type": "phone", "authenticatorInstanceId": "pae2", "methods": [["methodType": "voice"]]],
        ["catalogKey": "old_key", "label": "Mine"],
      ]
    ],
  ]

  @Test("a reference is a list or a text, with or without its root")
  func spelling() throws {
    let answer = try response(Self.answer)
    #expect(
      answer.remediations.map(\.relatesTo) == [
        ["$.currentAuthenticator"], ["authenticatorChallenge"], [],
      ])
    #expect(answer.resolve("$.currentAuthenticator")?.key == "okta_verify")
    #expect(answer.resolve("currentAuthenticator")?.key == "okta_verify")
    #expect(answer.resolve("$.authenticatorEnrollments.value[0]")?.id == "sms1")
  }

  @Test(
    "a reference that dangles leads to nothing",
    arguments: [
      "authenticatorChallenge", "$.authenticatorEnrollments.value[3]",
      "$.authenticatorEnrollments.value[-1]", "$.authenticatorEnrollments.value[]",
      "$.authenticatorEnrollments.value[99999999999999999999]", "$.currentAuthenticator.value[0]",
      "$.authenticatorEnrollments.other", "", "$", "$.", ".", "[0]",
    ])
  func dangling(reference: String) throws {
    #expect(try response(Self.answer).resolve(reference) == nil)
  }

  @Test("key, id and name of an authenticator may have other names, and methods two shapes")
  func oldNames() throws {
    let answer = try response(Self.answer)
    let second = try #require(answer.resolve("$.authenticatorEnrollments.value[1]"))
    #expect(second.key == nil && second.id == "pae2" && second.methods == ["voice"])
    let third = try #require(answer.resolve("$.authenticatorEnrollments.value[2]"))
    #expect(third.key == "old_key" && third.name == "Mine" && third.methods == [])
  }
}

@Suite("Fields of a form")
struct FieldTests {
  @Test("an attribute that is missing or misspelt has its default")
  func defaults() throws {
    let field = try #require(try fields([["name": "x", "requred": true]]).first)
    #expect(!field.isRequired && field.isMutable && field.isVisible && !field.isSecret)
    #expect(field.value == nil && field.nested == nil && field.options == nil)
    #expect(field.others["requred"] == true)
  }

  @Test("a flag may be a text")
  func textualFlags() throws {
    let read = try fields([
      ["name": "x", "required": "false", "visible": "false"], ["name": "y", "required": "true"],
      ["name": "z", "required": 1],
    ])
    #expect(read.map(\.isRequired) == [false, true, false])
    #expect(read.map(\.isVisible) == [false, true, true])
  }

  @Test("a value is a scalar, a wrapped one, a form, or an object to send back")
  func fourMeanings() throws {
    let read = try fields([
      ["name": "scalar", "value": 7],
      ["name": "wrapped", "value": ["type": "string", "value": "x"]],
      ["name": "form", "value": ["form": ["value": [["name": "inner"]]]]],
      ["name": "literal", "value": ["id": "aut1", "methodType": "sms"]],
      ["name": "null", "value": .null],
    ])
    #expect(read.map(\.value) == [7, "x", nil, ["id": "aut1", "methodType": "sms"], nil])
    #expect(read[2].nested?.map(\.name) == ["inner"])
  }

  @Test("an option is a scalar, a form in either spelling, or hidden in a display hint")
  func optionShapes() throws {
    let read = try fields([
      [
        "name": "choice",
        "options": [
          ["label": "Text", "value": "t"], ["label": "Number", "value": 1], "bare",
          ["label": "Wrapped", "value": ["type": "string", "value": "w"]],
          ["label": "New", "value": ["form": ["value": [["name": "n"]]]]],
          ["label": "Old", "form": ["value": [["name": "o"]]], "relatesTo": "$.x"],
        ],
      ],
      [
        "name": "profile",
        "options": [
          [
            "label": "display",
            "value": [
              "type": "object",
              "value": ["inputType": "select", "options": [["label": "Red", "value": "r"]]],
            ],
          ]
        ],
      ],
      [
        "name": "look",
        "options": [["label": "display", "value": ["type": "object", "value": ["format": "f"]]]],
      ],
    ])
    let options = try #require(read[0].options)
    #expect(options.map(\.label) == ["Text", "Number", "bare", "Wrapped", "New", "Old"])
    #expect(options.map(\.value) == ["t", 1, "bare", "w", nil, nil])
    #expect(options.map { $0.fields?.map(\.name) } == [nil, nil, nil, nil, ["n"], ["o"]])
    #expect(options.last?.relatesTo == "$.x")
    #expect(read[1].options?.map(\.value) == ["r"])
    #expect(read[1].others["display"]?["inputType"] == "select")
    #expect(read[2].options == nil && read[2].others["display"]?["format"] == "f")
  }

  @Test("a choice without a value stays a choice though it is immutable")
  func immutableChoice() throws {
    let field = try #require(
      try fields([["name": "m", "mutable": false, "options": [["value": "a"], ["value": "b"]]]])
        .first)
    #expect(!field.isMutable && field.value == nil && field.options?.count == 2)
  }

  @Test("a dot in a name is part of the name")
  func dottedNames() throws {
    let read = try fields([
      ["name": "optedScopes", "form": ["value": [["name": "a.b.c"], ["name": "a.b"]]]]
    ])
    #expect(read.first?.nested?.map(\.name) == ["a.b.c", "a.b"])
  }

  @Test("fields of one name are all kept")
  func repeatedNames() throws {
    let read = try fields([
      ["name": "userProfile", "form": ["value": [["name": "a"]]]],
      ["name": "userProfile", "form": ["value": [["name": "b"]]]],
    ])
    #expect(read.map { $0.nested?.map(\.name) } == [["a"], ["b"]])
  }

  @Test("messages are read at every depth, with or without class and key")
  func messages() throws {
    let said: JSONValue = ["value": [["message": "No.", "links": [["label": "l", "url": "u"]]]]]
    let read = try fields([
      ["name": "outer", "form": ["value": [["name": "inner", "messages": said]]]],
      [
        "name": "bare", "messages": [["message": "m", "class": "NEW"], ["i18n": ["key": "k"]], 5],
      ],
    ])
    let inner = try #require(read[0].nested?.first?.messages.first)
    #expect(inner.text == "No." && inner.key == nil && inner.level == nil && inner.links.count == 1)
    #expect(read[1].messages.map(\.text) == ["m", "k"])
    #expect(read[1].messages.first?.level == "NEW")
  }
}

@Suite("Answers as a whole")
struct ResponseTests {
  @Test("an odd member costs itself and nothing else")
  func oddMembers() throws {
    let answer = try response([
      "stateHandle": 5, "expiresAt": false, "intent": ["x"], "messages": "none", "cancel": [],
      "currentAuthenticator": .null, "authenticators": [], "brandNew": ["value": [1, 2]],
      "remediation": [
        "value": [
          7, ["value": []],
          [
            "name": "good", "rel": "create-form", "refresh": "soon",
            "value": [
              3, ["label": "no name"], ["name": "kept", "type": "hologram", "minLength": "x"],
            ],
          ],
        ]
      ],
    ])
    #expect(answer.remediations.map(\.name) == ["good"])
    let form = try #require(answer.remediations.first)
    #expect(form.isForm && form.refresh == nil)
    #expect(form.fields.map(\.name) == ["kept"] && form.fields.first?.type == "hologram")
    #expect(answer.stateHandle == nil && answer.messages == [] && answer.meaning == .alive)
    #expect(answer.others["brandNew"] != nil)
  }

  @Test("a link has neither a relation nor fields, and its name repeats")
  func links() throws {
    let answer = try response([
      "remediation": [
        "value": [
          ["name": "redirect-idp", "href": "https://a/1", "idp": ["id": "0oa1"], "method": "GET"],
          ["name": "redirect-idp", "href": "https://a/2", "idp": ["id": "0oa2"], "method": "GET"],
        ]
      ]
    ])
    #expect(answer.remediations.map(\.isLink) == [true, true])
    #expect(answer.remediations.map(\.href) == ["https://a/1", "https://a/2"])
    #expect(answer.remediations.map { $0.others["idp"]?["id"] } == ["0oa1", "0oa2"])
  }

  @Test("actions are found wherever they hang, and links that are no actions are left alone")
  func actions() throws {
    let action: JSONValue = ["name": "resend", "href": "https://a/r", "rel": ["create-form"]]
    let answer = try response([
      "currentAuthenticatorEnrollment": ["value": ["id": "e", "resend": action]],
      "authenticators": ["value": [["id": "a"], ["recover": action]]],
      "app": ["value": ["name": "app", "logo": ["href": "https://a/logo"]]],
      "cancel": ["name": "cancel", "href": "https://a/c", "rel": ["create-form"]],
    ])
    #expect(
      answer.actions.map(\.hangsOn) == [
        "currentAuthenticatorEnrollment.resend", "authenticators[1].recover",
      ])
    #expect(answer.cancel?.href == "https://a/c")
    #expect(answer.currentEnrollment?.json.names == ["id"])
  }

  @Test("a byte order mark, null lists and repeated members are taken")
  func oldFixtures() throws {
    let text = """
      {"version":"1.0.0","stateHandle":"one","stateHandle":"two","remediation":null,"messages":null}
      """
    let answer = try IDXResponse(status: 400, body: [0xEF, 0xBB, 0xBF] + Array(text.utf8))
    #expect(answer.stateHandle?.text == "two" && answer.meaning == .terminal)
  }

  @Test(
    "the body tells what an answer is, not its status",
    arguments: [
      ("tooManyRequests", IDXResponse.Meaning.rateLimited),
      ("oie.tooManyRequests", .rateLimited), ("idx.session.expired", .expired),
      ("oie.session.is.not.yours", .terminal),
    ])
  func meaning(key: String, meaning: IDXResponse.Meaning) throws {
    var json: JSONObject = [
      "version": "1.0.0",
      "messages": ["value": [["message": "m", "i18n": ["key": .string(key)], "class": "ERROR"]]],
    ]
    for status in [200, 400, 401, 403, 429] {
      let answer = try IDXResponse(status: status, body: JSONWriter.bytes(.object(json)))
      #expect(answer.meaning == meaning)
    }
    json["remediation"] = ["value": [["name": "identify"]]]
    #expect(try response(.object(json)).meaning == .alive)
  }

  @Test("success has a code; a redirect for a browser is none")
  func success() throws {
    let issue: JSONValue = [
      "href": "https://a/token", "value": [["name": "interaction_code", "value": "c0de"]],
    ]
    let answer = try response(["successWithInteractionCode": issue])
    guard case .success(let success) = answer.meaning else {
      Issue.record("\(answer.meaning)")
      return
    }
    #expect(success.code.text == "c0de" && success.href == "https://a/token")
    #expect(!"\(success)".contains("c0de"))

    let redirect = try response(["success": ["name": "success-redirect", "href": "https://a/b"]])
    #expect(redirect.meaning == .terminal && redirect.browserRedirect == "https://a/b")
  }

  @Test(
    "what is no answer of the engine is an error in the sender's words",
    arguments: [
      (
        #"{"errorCode":"E0000011","errorSummary":"Invalid token"}"#,
        IDXFault.api(status: 401, code: "E0000011", summary: "Invalid token")
      ),
      (#"{"message":"Blocked"}"#, .proxy(status: 401, message: "Blocked")),
      (
        #"{"error":"invalid_client","errorDescription":"Who?"}"#,
        .oauth(status: 401, error: "invalid_client", description: "Who?")
      ),
      (#"{"version":"2.0.0"}"#, .version("2.0.0")), (#"{"version":1}"#, .notIDX(status: 401)),
      ("", .notIDX(status: 401)), ("[]", .notIDX(status: 401)), ("null", .notIDX(status: 401)),
      ("<html>", .notIDX(status: 401)), ("{", .notIDX(status: 401)),
    ])
  func faults(body: String, fault: IDXFault) {
    #expect(throws: fault) { try IDXResponse(status: 401, body: Array(body.utf8)) }
  }

  @Test("an answer of any depth ends as an answer or an error, never the process")
  func depth() throws {
    let deep = String(repeating: "[", count: 100_000)
    #expect(throws: IDXFault.notIDX(status: 200)) {
      try IDXResponse(status: 200, body: Array((#"{"version":"1.0.0","x":"# + deep).utf8))
    }
    var field: JSONValue = ["name": "leaf"]
    for _ in 0..<20 { field = ["name": "n", "form": ["value": [field]]] }
    #expect(try fields([field]).count == 1)
  }
}

@Suite("Requests to the engine")
struct RequestTests {
  @Test("introspection is at the root of the host, and its handle is not shown")
  func introspection() {
    let request = IDXRequest.introspect(InteractionHandle("h4ndle"), origin: "https://a.example")
    #expect(request.href == "https://a.example/idp/idx/introspect")
    #expect(request.body == ["interactionHandle": "h4ndle"])
    #expect(request.contentType == "application/ion+json; okta-version=1.0.0")
    #expect(!"\(request) \(InteractionHandle("h4ndle"))".contains("h4ndle"))
  }

  @Test("a form is sent where it says, in the type that it wants")
  func submission() throws {
    let answer = try response([
      "remediation": [
        "value": [
          ["name": "a", "href": "https://a/x", "accepts": "application/json; okta-version=1.0.0"],
          ["name": "b", "href": "https://a/y"],
        ]
      ]
    ])
    let requests = answer.remediations.map { IDXRequest.submit($0, body: ["k": "s3cret"]) }
    #expect(requests.map(\.href) == ["https://a/x", "https://a/y"])
    #expect(
      requests.map(\.contentType) == [
        "application/json; okta-version=1.0.0", "application/json",
      ])
    #expect(!"\(requests)".contains("s3cret"))
  }
}
