// Every method describes itself, and refuses what its description does not allow.

import BrokerInterface
import JSON
import JSONRPC
import Testing

@Suite("The table of methods")
struct MethodTableTests {
  /// Params that every method accepts.
  static let good: [String: JSONObject] = [
    "broker.info": [:], "profile.list": [:], "token.get": ["profile": "p"],
    "token.subscribe": ["profile": "p"], "token.unsubscribe": ["profile": "p"],
    "token.introspect": ["profile": "p"], "token.claims": ["profile": "p"],
    "session.login": ["profile": "p"], "session.list": [:], "session.logout": ["profile": "p"],
    "prompt.attach": [:], "prompt.detach": [:],
    "prompt.answer": ["prompt": "1", "form": "f"], "prompt.cancel": ["prompt": "1"],
    "dpop.prove": ["profile": "p", "method": "GET", "url": "https://api.example/"],
    "vault.unlock": ["passphrase": "p"], "rpc.discover": [:],
  ]

  private func refusal(_ method: String, _ params: JSONObject) -> RPCError? {
    do {
      _ = try BrokerCall(method: method, params: params)
      return nil
    } catch {
      return error
    }
  }

  @Test("each method is in the table once, and the call of each name in it is read")
  func complete() {
    let names = MethodTable.methods.map(\.name)
    #expect(names.count == Set(names).count)
    #expect(Set(names) == Set(Self.good.keys))
    for name in names { #expect(refusal(name, Self.good[name] ?? [:]) == nil, "\(name)") }
  }

  @Test(
    "a method that is not in the table is -32601",
    arguments: [
      "token.got", "", "TOKEN.GET", "broker.stats", "vault.lock", "dpop.proof",
    ])
  func unknownMethod(name: String) {
    #expect(refusal(name, [:])?.code == -32601)
  }

  @Test("every method, parameter and member of a result is described in a sentence")
  func described() {
    func check(_ text: String, _ what: String) {
      #expect(text.count >= 8 && text.contains(" "), "\(what): \(text)")
      #expect(
        text.first?.isUppercase == true || text.contains("{") || text.contains(":"), "\(what)")
      #expect(!text.hasSuffix("."), "\(what)")
    }
    for method in MethodTable.methods {
      check(method.summary, method.name)
      check(method.resultSentence, "\(method.name) result")
      #expect(method.details.count >= 8, "\(method.name)")
      for field in method.params { check(field.sentence, "\(method.name) \(field.name)") }
      for field in members(of: method.result) {
        check(field.sentence, "\(method.name) result \(field.name)")
      }
    }
    for component in Component.allCases {
      check(component.sentence, component.rawValue)
      for field in component.fields { check(field.sentence, "\(component) \(field.name)") }
    }
  }

  @Test("every quantity has a unit")
  func units() {
    let fields =
      MethodTable.methods.flatMap { $0.params + members(of: $0.result) }
      + Component.allCases.flatMap(\.fields)
    for field in fields {
      switch field.schema {
      case .number, .integer: #expect(field.unit?.isEmpty == false, "\(field.name)")
      default: break
      }
    }
  }

  @Test("an unknown parameter is refused by name, by every method")
  func unknownParameter() {
    for method in MethodTable.methods {
      var params = Self.good[method.name] ?? [:]
      params["colour"] = "red"
      let error = refusal(method.name, params)
      #expect(error?.code == -32602, "\(method.name)")
      #expect(error?.message.contains("colour") == true, "\(method.name)")
    }
  }

  @Test("a parameter of a wrong type is refused by name, whatever it is")
  func wrongType() {
    let odd: [JSONValue] = [.null, true, 3, "odd", ["odd", 3], ["odd": 3]]
    for method in MethodTable.methods {
      for field in method.params {
        let wrong = odd.filter { field.schema.fault(in: $0) != nil }
        #expect(wrong.contains(.null), "\(method.name) \(field.name): null is no value of it")
        #expect(wrong.count >= 4, "\(method.name) \(field.name)")
        for value in wrong {
          var params = Self.good[method.name] ?? [:]
          params[field.name] = value
          let error = refusal(method.name, params)
          #expect(error?.code == -32602, "\(method.name) \(field.name) \(value)")
          #expect(error?.message.contains(field.name) == true, "\(method.name) \(field.name)")
        }
      }
    }
  }

  @Test("a required parameter that is missing is refused by name")
  func missing() {
    for method in MethodTable.methods {
      for field in method.params where field.isRequired {
        var params = Self.good[method.name] ?? [:]
        params[field.name] = nil
        let error = refusal(method.name, params)
        #expect(error?.code == -32602, "\(method.name) \(field.name)")
        #expect(error?.message.contains(field.name) == true, "\(method.name) \(field.name)")
      }
    }
  }

  @Test(
    "a timeout must be above 0 and at most 3600, wherever there is one",
    arguments: [
      ("0", false), ("-1", false), ("3600.1", false), ("1e400", false), ("-0", false),
      ("0.001", true), ("3600", true), ("36e2", true),
    ])
  func timeouts(text: String, holds: Bool) throws {
    let value = try JSONParser.parse(text)
    let methods = MethodTable.methods.filter { $0.params.contains { $0.name == "timeout" } }
    #expect(
      Set(methods.map(\.name)) == [
        "token.get", "token.introspect", "session.login", "session.logout", "prompt.answer",
        "prompt.cancel",
      ])
    for method in methods {
      var params = Self.good[method.name] ?? [:]
      params["timeout"] = value
      let error = refusal(method.name, params)
      #expect((error == nil) == holds, "\(method.name)")
      if let error { #expect(error.code == -32602 && error.message.contains("timeout")) }
    }
  }

  @Test(
    "min_ttl must be 0 to 86400",
    arguments: [
      ("0", true), ("86400", true), ("-0.1", false), ("86400.5", false), ("1e999", false),
    ])
  func lifetimes(text: String, holds: Bool) throws {
    let params: JSONObject = ["profile": "p", "min_ttl": try JSONParser.parse(text)]
    let error = refusal("token.get", params)
    #expect((error == nil) == holds)
    if let error { #expect(error.message.contains("min_ttl")) }
  }

  @Test("what is left out has the contract's value, and so the description says")
  func standards() throws {
    let token = try TokenGet.Params(["profile": "p"])
    #expect(token == TokenGet.Params(profile: "p"))
    #expect(token.minTTL == 60 && token.timeout == 120 && token.interaction == .auto)
    #expect(!token.forceRefresh && token.scopes == nil && token.reason == nil)
    #expect(try SessionLogin.Params(["profile": "p"]).timeout == 600)
    #expect(try SessionLogin.Params(["profile": "p"]).flow == .authenticate)
    #expect(try SessionLogout.Params(["profile": "p"]).timeout == 30)
    #expect(try PromptCancel.Params(["prompt": "1"]).timeout == 30)
    #expect(try PromptAnswer.Params(["prompt": "1", "form": "f"]).timeout == 30)
    #expect(try PromptAttach.Params([:]).profiles == nil)
    for method in MethodTable.methods {
      for field in method.params {
        #expect(!field.isRequired || field.standard == nil, "\(method.name) \(field.name)")
        guard let standard = field.standard else { continue }
        #expect(field.schema.fault(in: standard) == nil, "\(method.name) \(field.name)")
        var params = Self.good[method.name] ?? [:]
        let plain = try BrokerCall(method: method.name, params: params)
        params[field.name] = standard
        #expect(
          try BrokerCall(method: method.name, params: params) == plain,
          "\(method.name) \(field.name)")
      }
    }
  }

  @Test("parameters that are written are read as they were")
  func roundTrip() throws {
    let token = TokenGet.Params(
      profile: "p", scopes: ["a", "b"], minTTL: 1.5, interaction: .wait, timeout: 7,
      forceRefresh: true, reason: "because")
    #expect(try TokenGet.Params(token.json) == token)
    let login = SessionLogin.Params(
      profile: "p", flow: .recover, loginHint: "ann", activationToken: .init("a"),
      recoveryToken: .init("r"), force: true, timeout: 8)
    #expect(try SessionLogin.Params(login.json) == login)
    let logout = SessionLogout.Params(profile: "p", localOnly: true, timeout: 9)
    #expect(try SessionLogout.Params(logout.json) == logout)
    let attach = PromptAttach.Params(profiles: ["p"], capabilities: [.qr, .browser])
    #expect(try PromptAttach.Params(attach.json) == attach)
    let answer = PromptAnswer.Params(
      prompt: .init(rawValue: "1"), answer: .init(form: "f", fields: ["a": ["b": 1]]), timeout: 3)
    #expect(try PromptAnswer.Params(answer.json) == answer)
    let cancel = PromptCancel.Params(prompt: .init(rawValue: "1"), timeout: 4)
    #expect(try PromptCancel.Params(cancel.json) == cancel)
  }

  /// The members of an object; none of another schema.
  private func members(of schema: Schema) -> [FieldDescription] {
    if case .object(let fields) = schema { fields } else { [] }
  }
}
