// Forms of profile attributes: the one of registration, and the one that completes a profile later.

import FoundationEssentials

extension ProfileAttribute {
  var field: FormField {
    var field = FormField(name: name, label: label, required: isRequired)
    if kind == .text {
      field.minLength = minLength
      field.maxLength = maxLength
    }
    switch kind {
    case .text:
      break
    case .select:
      field.type = "string"
      field.options = choices.map {
        FormOption(label: $0.label, content: .plain(.string($0.value)))
      }
    case .boolean:
      field.type = "boolean"
    case .integer:
      field.type = "integer"
    case .number:
      field.type = "number"
    case .radio:
      field.type = "string"
      field.options = [
        FormOption(
          label: "display",
          content: .display(
            inputType: "radio",
            choices.map { FormOption(label: $0.label, content: .plain(.string($0.value))) }))
      ]
    case .level:
      field.type = "integer"
      field.options = choices.map {
        FormOption(label: $0.label, content: .plain(.integer(Int($0.value) ?? 0)))
      }
    }
    return field
  }

  /// What is wrong with a value, which is not blank where it must not be.
  func fault(in value: WireValue?) -> Message? {
    if kind == .integer || kind == .number, let number = value?.whole {
      return ((minLength ?? .min)...max(minLength ?? .min, maxLength ?? .max)).contains(number)
        ? nil : .outOfRange(label)
    }
    guard kind == .text, let text = value?.text, !text.isEmpty else { return nil }
    if name == "email" && !text.isEmailAddress { return .invalidLoginEmail(label) }
    let range = (minLength ?? 0)...max(minLength ?? 0, maxLength ?? .max)
    return range.contains(text.count) ? nil : .doesNotMatchPattern(label)
  }
}

extension String {
  var isEmailAddress: Bool {
    let parts = split(separator: "@", omittingEmptySubsequences: false)
    return parts.count == 2 && !parts[0].isEmpty && parts[1].contains(".")
      && !parts[1].hasPrefix(".") && !parts[1].hasSuffix(".") && !contains(" ")
  }
}

extension WireObject {
  /// The value of a profile attribute as it is kept.
  func attribute(_ name: String) -> String? {
    switch self["userProfile"]?[name] {
    case .string(let text)? where !text.isEmpty: text
    case .bool(let value)?: String(value)
    case .integer(let value)?: String(value)
    case .number(let value)?: String(value)
    default: nil
    }
  }
}

/// Attributes that are asked for after the sign-in, each in a nested form of its own.
struct ProfileUpdateStep: Step {
  var attributes: [ProfileAttribute]

  func page(_ context: StepContext) -> Page {
    let form = Form(
      name: "profile-update", path: "/idp/idx/enroll/new",
      fields: attributes.map { attribute in
        FormField(
          name: "userProfile", required: attribute.isRequired ? true : nil,
          form: [attribute.field])
      })
    return Page(forms: attributes.contains(where: \.isRequired) ? [form] : [form, .skip])
  }

  mutating func take(
    _ submission: Submission, _ context: StepContext, in organisation: inout Organisation,
    now: Date
  ) -> Outcome {
    if submission.form == "skip" { return .done }
    for attribute in attributes {
      let value = submission.body["userProfile"]?[attribute.name]
      if let fault = attribute.fault(in: value) {
        return .refused(
          status: context.switches.validationStatus, at: ["userProfile", attribute.name],
          field: [fault])
      }
    }
    organisation.keep(submission.body, attributes, of: context.subject)
    return .done
  }
}

extension Organisation {
  /// Writes attributes into a person's profile.
  mutating func keep(_ body: WireObject, _ attributes: [ProfileAttribute], of subject: Subject?) {
    guard case .member(let place) = subject, members.indices.contains(place) else { return }
    for attribute in attributes {
      if let value = body.attribute(attribute.name) {
        members[place].person.attributes[attribute.name] = value
      }
    }
  }
}
