// A page dressed as an IDX response: what every answer repeats around the step's own forms.

import FoundationEssentials
import HTTPTypes

extension Organisation {
  /// The response that shows where a transaction stands, with the messages of a refusal where the
  /// last answer was refused.
  func page(
    of interaction: Interaction, now: Date, refusal: (path: String, outcome: Outcome)? = nil
  ) -> Answer {
    guard let run = interaction.run else { return .sessionExpired }
    let context = context(of: run)
    var page = run.step.page(context)
    page.messages = run.notices + page.messages
    if case .refused(let status, let top, let field, let messages)? = refusal?.outcome {
      page.status = status
      page.messages = top
      page.forms = page.forms.map {
        $0.path == refusal?.path ? $0.adding(messages, at: field) : $0
      }
    }
    let handle = run.stateHandle
    var response = WireObject([
      ("version", "1.0.0"), ("stateHandle", .string(handle)),
      ("expiresAt", .string(timestamp(run.expiresAt))), ("intent", "LOGIN"),
    ])
    if !page.messages.isEmpty { response["messages"] = Message.list(page.messages) }
    if !page.forms.isEmpty {
      response["remediation"] = list(
        page.forms.map { $0.wire(origin: origin, stateHandle: handle) })
    }
    if let current = page.current {
      response[current.member] = current.wire(origin: origin, stateHandle: handle)
    }
    if context.member != nil {
      response["authenticators"] = list(authenticatorsShown(context))
      response["authenticatorEnrollments"] = list(
        context.shown.map { .object(context.enrolment($0)) })
      response["user"] = user(context, isProven: !run.proofs.isEmpty)
    }
    if context.purpose == .recovery && !(run.step is any ClosingStep) {
      response["recoveryAuthenticator"] = [
        "type": "object", "value": .object(context.authenticator(.password)),
      ]
    }
    for member in page.extra.members { response[member.name] = member.value }
    let cancel = Form(name: "cancel", path: "/idp/idx/cancel")
    response["cancel"] = cancel.wire(origin: origin, stateHandle: handle)
    response["app"] = [
      "type": "object",
      "value": [
        "name": "oidc_client", "label": .string(interaction.client.label),
        "id": .string(interaction.client.identifier),
      ],
    ]
    response["authentication"] = authentication(interaction)
    if let code = page.interactionCode {
      response["successWithInteractionCode"] = success(code, interaction)
    }
    var answer = Answer.ion(.object(response), status: page.status)
    if let challenge = page.deviceChallenge { answer.headers[.wwwAuthenticate] = challenge }
    return answer
  }

  private func list(_ values: [WireValue]) -> WireValue {
    ["type": "array", "value": .array(values)]
  }

  private func authenticatorsShown(_ context: StepContext) -> [WireValue] {
    if !context.enrollable.isEmpty {
      return context.enrollable.map { key in
        var object = context.authenticator(key)
        if let grace = context.gracePeriod { object["gracePeriod"] = grace }
        return .object(object)
      }
    }
    return context.shownKeys.map { key in
      var object = context.authenticator(key)
      if context.purpose == .recovery || context.purpose == .unlock {
        object["allowedFor"] = key == .securityQuestion ? "recovery" : "any"
      }
      return .object(object)
    }
  }

  /// Before anything is proven it says no more than was typed, so that nobody and somebody look
  /// alike.
  private func user(_ context: StepContext, isProven: Bool) -> WireValue {
    guard let member = context.member else { return ["type": "object", "value": [:]] }
    var profile: WireValue = ["timeZone": "America/Los_Angeles", "locale": "en_US"]
    if isProven {
      profile = [
        "firstName": .string(member.person.firstName), "lastName": .string(member.person.lastName),
        "timeZone": "America/Los_Angeles", "locale": "en_US",
      ]
    }
    return [
      "type": "object",
      "value": [
        "id": .string(member.identifier), "identifier": .string(member.person.identifier),
        "profile": profile,
      ],
    ]
  }

  /// The OAuth request that this is about, so that a client can see that it is its own.
  private func authentication(_ interaction: Interaction) -> WireValue {
    var request = WireObject([
      ("max_age", .integer(interaction.maxAge.flatMap { Int($0) } ?? -1)),
      ("scope", .string(interaction.scopes.joined(separator: " "))), ("response_type", "code"),
      ("redirect_uri", .string(interaction.redirectURI)),
      ("code_challenge", .string(interaction.codeChallenge)), ("code_challenge_method", "S256"),
      ("response_mode", "query"),
    ])
    if let state = interaction.state { request["state"] = .string(state) }
    if let nonce = interaction.nonce { request["nonce"] = .string(nonce) }
    let server = interaction.server
    return [
      "type": "object",
      "value": [
        "protocol": "OAUTH2.0",
        "issuer": [
          "id": .string(server?.identifier ?? "00oremedysimulator00"),
          "name": .string(server?.identifier ?? "Remedy Simulator"),
          "uri": .string(issuer(of: server)),
        ],
        "request": .object(request),
      ],
    ]
  }

  private func success(_ code: String, _ interaction: Interaction) -> WireValue {
    func field(_ name: String, _ label: String, _ value: String? = nil) -> WireValue {
      FormField(
        name: name, label: label, value: value.map { .string($0) }, required: true
      ).wire
    }
    var fields = [
      field("grant_type", "Grant Type", "interaction_code"),
      field("interaction_code", "Interaction Code", code),
      field("client_id", "Client Id", interaction.client.identifier),
    ]
    if interaction.client.secret != nil { fields.append(field("client_secret", "Client Secret")) }
    fields.append(field("code_verifier", "Code Verifier"))
    return [
      "rel": ["create-form"], "name": "issue",
      "href": .string(oauthBase(of: interaction.server) + "/token"), "method": "POST",
      "value": .array(fields), "accepts": "application/x-www-form-urlencoded",
    ]
  }
}
