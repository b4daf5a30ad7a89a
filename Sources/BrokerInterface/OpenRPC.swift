// The document that `rpc.discover` serves (OpenRPC 1.3.2, https://spec.open-rpc.org). It is made
// from the method table; nothing in it is written twice. OpenRPC has no word for what a server says
// unasked, so the notifications stand under `x-notifications`.

public import JSON

/// The interface as an OpenRPC document.
public enum OpenRPC {
  /// Made once.
  public static let document: JSONValue = .object([
    "openrpc": "1.3.2",
    "info": [
      "title": "Remedy token broker",
      "description": .string(preamble),
      "version": .string("\(BrokerInterfaceVersion.current).0.0"),
      "license": ["name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"],
    ],
    "methods": .array(MethodTable.methods.map(method)),
    "components": [
      "schemas": .object(JSONObject(Component.allCases.map(component))),
      "errors": .object(JSONObject(Reason.allCases.map(error))),
    ],
    "x-notifications": .array(BrokerNotification.kinds.map { notification($0) }),
  ])

  private static let preamble =
    "JSON-RPC 2.0 over a Unix stream socket: UTF-8, one message a line, ended by LF, at most "
    + "256 KiB. Times are RFC 3339 UTC strings; durations are seconds, as numbers."

  private static func method(_ method: MethodDescription) -> JSONValue {
    [
      "name": .string(method.name),
      "summary": .string(method.summary),
      "description": .string(method.details),
      "paramStructure": "by-name",
      "params": .array(method.params.map(parameter)),
      "result": [
        "name": "result", "description": .string(method.resultSentence),
        "schema": method.result.json,
      ],
      "errors": .array(
        method.reasons.map { ["$ref": .string("#/components/errors/" + $0.rawValue)] }),
    ]
  }

  private static func parameter(_ field: FieldDescription) -> JSONValue {
    [
      "name": .string(field.name), "description": .string(field.text),
      "required": .bool(field.isRequired), "schema": field.json,
    ]
  }

  private static func component(_ component: Component) -> JSONObject.Member {
    var schema = Schema.members(component.fields, isOpen: component.isOpen)
    schema.append("title", .string(component.rawValue))
    schema.append("description", .string(component.sentence))
    return JSONObject.Member(component.rawValue, .object(schema))
  }

  private static func error(_ reason: Reason) -> JSONObject.Member {
    JSONObject.Member(
      reason.rawValue,
      [
        "code": .int(reason.code), "message": .string(reason.message),
        "data": [
          "reason": .string(reason.rawValue), "hint": .string(reason.hint()),
          "when": .string(reason.sentence),
        ],
      ])
  }

  private static func notification(_ kind: any NotificationParams.Type) -> JSONValue {
    [
      "name": .string(kind.name), "summary": .string(kind.summary),
      "params": .array(kind.fields.map(parameter)),
    ]
  }
}
