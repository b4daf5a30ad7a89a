// An answer as the body that the engine wants (protocol reference §3.4).

internal import IdentityEngine
internal import JSON
internal import Prompts

/// Builds the JSON object of a submitted form.
enum RequestBody {
  /// The body of `remediation`, with the server's own values where they are fixed or nothing was
  /// answered, and the answer's values elsewhere. Values were checked by `Form.validate`.
  static func build(
    _ remediation: Remediation, answers: [String: AnsweredValue], in response: IDXResponse
  ) -> JSONObject {
    var body = object(remediation.fields, answers: answers, in: response)
    if body["stateHandle"] == nil, let handle = response.stateHandle {
      body["stateHandle"] = .string(handle.text)
    }
    return body
  }

  private static func object(
    _ fields: [IONField], answers: [String: AnsweredValue], in response: IDXResponse
  ) -> JSONObject {
    var body = JSONObject()
    for plan in FieldPlan.plan(fields, in: response) {
      if let value = value(of: plan, answers: answers, in: response) {
        body.set(value, at: plan.path[...])
      }
    }
    return body
  }

  private static func value(
    of plan: FieldPlan, answers: [String: AnsweredValue], in response: IDXResponse
  ) -> JSONValue? {
    switch plan.role {
    case .fixed(let value):
      return value
    case .asked(let name):
      guard case .value(let value) = answers[name] else { return plan.source.value }
      return value
    case .choice(let name, let ids):
      guard case .choice(let id, let fields) = answers[name],
        let index = ids.firstIndex(of: id), let option = plan.source.options?[index]
      else { return plan.source.value }
      guard let nested = option.fields else { return option.value }
      return .object(object(nested, answers: fields, in: response))
    }
  }
}

extension JSONObject {
  /// Sets the value at a path of keys, merging objects on the way: `userProfile` may stand three
  /// times in one form.
  fileprivate mutating func set(_ value: JSONValue, at path: ArraySlice<String>) {
    guard let key = path.first else { return }
    if path.count == 1 {
      if case .object(let new) = value, case .object(var old) = self[key] {
        for member in new.members { old[member.name] = member.value }
        self[key] = .object(old)
      } else {
        self[key] = value
      }
    } else {
      var nested = self[key]?.object ?? [:]
      nested.set(value, at: path.dropFirst())
      self[key] = .object(nested)
    }
  }
}
