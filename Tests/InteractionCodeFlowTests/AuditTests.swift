// The audit itself, on an answer of our own: it finds nothing missing, and it notices whatever is
// taken away.

import IdentityEngine
import InteractionCodeFlow
import JSON
import Prompts
import TestSupport
import Testing

@Suite("The audit of prompts")
struct AuditTests {
  @Test("nothing is missing in what was not touched")
  func nothingIsMissing() throws {
    #expect(try Self.losses(decoding: Self.sample, expecting: Self.sample) == [])
    let renamed = Renaming.apply(to: Self.sample)
    #expect(try Self.losses(decoding: renamed, expecting: renamed) == [])
  }

  @Test("each form, field, option, message and reference that is dropped is noticed")
  func everyLossIsNoticed() throws {
    let deletions = Self.deletions(from: Self.sample)
    #expect(deletions.count > 50)
    for deletion in deletions {
      let losses = try Self.losses(decoding: deletion.rest, expecting: Self.sample)
      #expect(!losses.isEmpty, "nobody missed \(deletion.path)")
    }
  }

  @Test("a renamed answer has none of the names that are known")
  func renamed() {
    let text = JSONWriter.text(Renaming.apply(to: Self.sample))
    for name in [
      "challenge-authenticator", "redirect-idp", "credentials", "passcode", "okta_phone",
      "methodType", "optedScopes", "a.b", "challenge-poll", "resend",
    ] {
      #expect(!text.contains("\"name\":\"\(name)\""))
      #expect(!text.contains("\"key\":\"\(name)\""))
    }
    #expect(text.contains("api.authn.error.PASSCODE_INVALID"))
  }

  private static func losses(
    decoding answer: JSONValue, expecting whole: JSONValue
  ) throws -> [String] {
    let response = try IDXResponse(status: 200, body: JSONWriter.bytes(answer))
    let (transaction, effects) = Transaction.introspected(response)
    guard case .show(let content)? = effects.first else { return ["no prompt"] }
    return PromptAudit(whole, content).losses + AnswerAudit(whole, content, transaction).losses
  }

  // MARK: Taking away

  /// The answer without one element of one of its lists, or without one reference or action.
  private static func deletions(from json: JSONValue) -> [(path: String, rest: JSONValue)] {
    switch json {
    case .array(let array):
      return array.indices.flatMap { index -> [(String, JSONValue)] in
        var rest = array
        rest.remove(at: index)
        let inner = deletions(from: array[index]).map { deletion in
          var changed = array
          changed[index] = deletion.rest
          return ("[\(index)]" + deletion.path, JSONValue.array(changed))
        }
        return [("[\(index)]", .array(rest))] + inner
      }
    case .object(let object):
      return object.members.flatMap { member -> [(String, JSONValue)] in
        if member.name == "rel" { return [] }  // nothing that a person could miss
        var all = deletions(from: member.value).map { deletion in
          var changed = object
          changed[member.name] = deletion.rest
          return (".\(member.name)" + deletion.path, JSONValue.object(changed))
        }
        if ["relatesTo", "resend", "form", "label", "options"].contains(member.name) {
          var rest = object
          rest[member.name] = nil
          all.append((".\(member.name)", .object(rest)))
        }
        return all
      }
    default: return []
    }
  }

  // MARK: The answer

  /// Every shape that a form has been seen in, once.
  private static let sample: JSONValue = [
    "version": "1.0.0", "stateHandle": "02.top",
    "messages": ["type": "array", "value": [message("errors.E0000004", "Authentication failed")]],
    "remediation": [
      "type": "array",
      "value": [
        form(
          "challenge-authenticator", relatesTo: ["$.currentAuthenticatorEnrollment"],
          [
            [
              "name": "credentials", "messages": ["value": [message("whole", "Said of the whole")]],
              "form": [
                "value": [
                  [
                    "name": "passcode", "label": "Code", "secret": true, "required": true,
                    "minLength": 6,
                    "messages": [
                      "value": [message("api.authn.error.PASSCODE_INVALID", "Invalid code.")]
                    ],
                  ],
                  ["name": "a", "value": ["form": ["value": [["name": "b", "label": "Deep"]]]]],
                ]
              ],
            ],
            ["name": "credentials.passcode", "label": "Looks like another"],
            [
              "name": "fixed", "value": "as it came", "visible": false,
              "messages": ["value": [message("fixed", "Said of what is not shown")]],
            ],
            handle("02.inner"),
          ]),
        form(
          "select-authenticator-authenticate",
          [
            [
              "name": "authenticator",
              "options": [
                phone("a", "$.authenticatorEnrollments.value[0]"),
                phone("b", "$.authenticatorEnrollments.value[1]"),
                [
                  "label": "Old",
                  "form": ["value": [["name": "id", "value": "o", "mutable": false]]],
                ],
              ],
            ],
            [
              "name": "colour",
              "options": [
                [
                  "value": [
                    "type": "object",
                    "value": [
                      "inputType": "radio",
                      "options": [
                        ["label": "Red", "value": "r"], ["label": "Blue", "value": "b"],
                      ],
                    ],
                  ]
                ]
              ],
            ],
            ["name": "channel", "mutable": false, "options": [["label": "1", "value": 1]]],
            ["name": "optedScopes", "form": ["value": [["name": "a.b", "type": "boolean"]]]],
            handle("02.inner2"),
          ]),
        link("Google", id: "0oa1"), link("Other", id: "0oa2"),
        form(
          "challenge-poll", refresh: 4000,
          [
            ["name": "autoChallenge", "value": true], handle("02.inner3"),
          ]),
      ],
    ],
    "currentAuthenticatorEnrollment": [
      "value": [
        "key": "okta_email", "type": "email", "id": "eae1", "displayName": "Email",
        "methods": [["type": "email"]],
        "resend": form("resend", [["name": "authenticator", "value": ["id": "aut1"]]]),
      ]
    ],
    "authenticatorEnrollments": [
      "value": [
        ["key": "okta_phone", "type": "phone", "id": "sms1", "profile": ["phoneNumber": "+1"]],
        ["key": "okta_phone", "type": "phone", "id": "sms2", "profile": ["phoneNumber": "+2"]],
      ]
    ],
  ]

  private static func message(_ key: String, _ text: String) -> JSONValue {
    ["message": .string(text), "i18n": ["key": .string(key)], "class": "ERROR"]
  }

  private static func handle(_ text: String) -> JSONValue {
    ["name": "stateHandle", "value": .string(text), "visible": false, "mutable": false]
  }

  private static func form(
    _ name: String, relatesTo: JSONValue? = nil, refresh: Int? = nil, _ fields: JSONValue
  ) -> JSONValue {
    var object: JSONObject = [
      "rel": ["create-form"], "name": .string(name), "method": "POST",
      "href": .string("https://issuer.example/idp/idx/" + name), "value": fields,
    ]
    object.append("relatesTo", relatesTo)
    object.append("refresh", refresh.map { .int($0) })
    return .object(object)
  }

  private static func link(_ name: String, id: String) -> JSONValue {
    [
      "name": "redirect-idp", "method": "GET", "type": "OIDC",
      "href": .string("https://issuer.example/sso/idps/" + id),
      "idp": ["id": .string(id), "name": .string(name)],
    ]
  }

  private static func phone(_ id: String, _ reference: String) -> JSONValue {
    [
      "label": "Phone", "relatesTo": .string(reference),
      "value": [
        "form": [
          "value": [
            ["name": "id", "value": .string(id), "mutable": false],
            [
              "name": "methodType",
              "options": [
                ["label": "SMS", "value": "sms"], ["label": "Voice", "value": "voice"],
              ],
            ],
          ]
        ]
      ],
    ]
  }
}
