// A riddle against programs, which a browser puts to a person. What a browser would hand over when it
// is solved is the same for everybody here, and stands on the page for people.

/// The riddle beside a form.
enum Captcha {
  static let identifier = "capsimulated0000000"
  /// What a solved one gives.
  static let solution = "solved:" + identifier

  /// The member at the top that says which riddle it is.
  static let member: WireValue = [
    "type": "object",
    "value": [
      "id": .string(identifier), "name": "reCaptcha", "siteKey": "simulated-site-key",
      "type": "RECAPTCHA_V2",
    ],
  ]

  /// The field in which a browser hands the solution over.
  static let field = FormField(
    name: "captchaVerify", required: true,
    form: [
      FormField(
        name: "captchaId", value: .string(identifier), required: true, mutable: false,
        visible: false),
      FormField(name: "captchaToken", required: true, visible: false, hint: "captcha"),
    ], relatesTo: "$.captcha")

  static func isSolved(in body: WireObject) -> Bool {
    body["captchaVerify"]?["captchaToken"]?.text == solution
  }
}

extension Message {
  static let captchaUnsolved = Message(
    nil, "We could not verify that you are a person. Please try again.")
}
