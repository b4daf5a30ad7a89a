// Sign-ins that go through a browser, from the prompt to the tokens: the simulated organisation and
// its providers, the real daemon, and its listener at the client's own redirect URI.

import BrokerInterface
import Foundation
import JSON
import JSONRPC
import Prompts
import RemedyClient
import TestSupport
import Testing

@Suite("A sign-in through a browser, with the real broker", .serialized)
struct RedirectTests {
  /// A household whose client comes back to a port of its own, and a sign-in that waits for it.
  private struct Scene {
    let household: Household
    let port: Int
    let person: Person
    let browser: BrowserVisit
    let caller: Client
    let call: PendingCall<SessionLogin>
    var prompt: Prompt

    init(_ scenario: String, redirectURI: String? = nil, port: Int? = nil) throws {
      self.port = try port ?? FreePort.find()
      household = try Household(
        scenario: scenario, redirectURI: redirectURI ?? "http://127.0.0.1:\(self.port)/callback")
      browser = BrowserVisit(household)
      person = try Person(household)
      (caller, call) = try household.beginLogin()
      prompt = try person.nextPrompt()
    }

    /// The form that leads to a browser, by what its label has in it.
    func form(_ name: String = "") throws -> Form {
      let form = prompt.content.forms.first {
        $0.kind == .browser && (name.isEmpty || ($0.label ?? "").contains(name))
      }
      guard let form else { throw Trouble("nothing leads to \(name)") }
      return form
    }

    /// What the provider sends the browser back with.
    func back(_ decision: String = "approve", from name: String = "") throws -> URLComponents {
      let form = try form(name)
      guard let url = form.url else { throw Trouble("\(form.id) has no address") }
      return try browser.decide(decision, at: url)
    }

    func load(_ address: URLComponents) throws -> BrowserVisit.Page {
      try browser.load([address.string ?? ""])
    }

    func session() throws -> SessionSummary {
      guard let session = try household.finish(caller, call).session else {
        throw Trouble("no session")
      }
      return session
    }

    /// Whether nobody listens at the port any more; asks until it is so, for five seconds.
    func isClosed() -> Bool {
      let deadline = ContinuousClock.now + .seconds(5)
      while ContinuousClock.now < deadline {
        if !Stranger(port).isConnected { return true }
      }
      return false
    }
  }

  @Test(
    "a provider that says yes ends it: the window can be closed, and so is the port",
    arguments: [
      ("social", "Google"), ("social", "Example Corp"), ("social-par", "Facebook"),
      ("social-only", "Google"),
    ])
  func approved(scenario: String, provider: String) throws {
    let scene = try Scene(scenario)
    let back = try scene.back(from: provider)
    #expect(back.string?.hasPrefix("http://127.0.0.1:\(scene.port)/callback?") == true)
    #expect(back["interaction_code"] != nil && back["state"] != nil)
    let page = try scene.load(back)
    #expect(page.status == 200 && page.text.contains("You can close this window"))
    #expect(try scene.session().state == .active)
    #expect(scene.isClosed())
    let token = try scene.household.client().call(TokenGet.self, TokenGet.Params(profile: "demo"))
    #expect(token.accessToken.count > 100)
    #expect(try scene.household.count("/v1/interact") == 1)
  }

  @Test(
    "a provider as second factor, and a look at one's papers, go the same way",
    arguments: [
      "idp-authenticator", "identity-proofing",
    ])
  func secondFactor(scenario: String) throws {
    var scene = try Scene(scenario)
    #expect(!scene.prompt.content.forms.contains { $0.kind == .browser })
    let password = try scene.person.step(
      scene.prompt, "identify", ["identifier": .string(Ann.name)])
    scene.prompt = try scene.person.step(
      password, "challenge-authenticator", ["credentials.passcode": .string(Ann.password)])
    let page = try scene.load(try scene.back())
    #expect(page.status == 200)
    #expect(try scene.session().state == .active)
    #expect(scene.isClosed())
  }

  @Test("interaction_required goes on here, with what the engine wants beside it")
  func moreIsNeeded() throws {
    var scene = try Scene("social")
    let back = try scene.back("more", from: "Google")
    #expect(back["error"] == "interaction_required")
    let before = try scene.household.count("/idp/idx/introspect")
    #expect(try scene.load(back).status == 200)
    scene.prompt = try scene.person.nextPrompt()
    #expect(try scene.household.count("/idp/idx/introspect") == before + 1)
    #expect(scene.prompt.content.user?["identifier"]?.string == Ann.name)
    #expect(scene.prompt.words.isEmpty)
    if scene.prompt.has("select-authenticator-authenticate"),
      !scene.prompt.has("challenge-authenticator")
    {
      scene.prompt = try scene.person.step(
        scene.prompt, "select-authenticator-authenticate", ["authenticator": "okta_email"])
    }
    let outcome = try scene.person.answer(
      scene.prompt, "challenge-authenticator",
      ["credentials.passcode": .string(try scene.household.newestCode())])
    #expect(outcome.outcome == .completed)
    #expect(try scene.session().state == .active)
  }

  @Test("a provider that says no comes back as the prompt, in its words, and another way is open")
  func denied() throws {
    var scene = try Scene("social")
    let page = try scene.load(try scene.back("deny", from: "Google"))
    #expect(page.status == 200 && page.text.contains("reported a problem"))
    scene.prompt = try scene.person.nextPrompt()
    #expect(scene.prompt.words.contains("The person said no."))
    // The new prompt has opened the way back anew.
    #expect(try scene.load(try scene.back(from: "Example Corp")).status == 200)
    #expect(try scene.session().state == .active)
    #expect(scene.isClosed())
  }

  @Test("nothing but the callback of this sign-in counts, and it counts once")
  func strangers() throws {
    let scene = try Scene("social")
    let back = try scene.back(from: "Google")
    let state = try #require(back["state"])
    let target = "/callback?\(back.percentEncodedQuery ?? "")"
    func ask(_ target: String, host: String? = nil, method: String = "GET") -> Int? {
      Stranger(scene.port).status(
        of: "\(method) \(target) HTTP/1.1\r\nHost: \(host ?? "127.0.0.1:\(scene.port)")\r\n\r\n")
    }
    let otherState = target.replacingOccurrences(of: state, with: String(state.reversed()))
    let withoutState = target.replacingOccurrences(of: "state=", with: "stale=")
    #expect(ask(otherState) == 400)
    #expect(ask(withoutState) == 400)
    #expect(ask(target + "&state=" + state) == 400)
    #expect(ask(target.replacingOccurrences(of: "/callback", with: "/callback/")) == 404)
    #expect(ask(target.replacingOccurrences(of: "/callback", with: "/Callback")) == 404)
    #expect(ask("/favicon.ico") == 404)
    #expect(ask(target, host: "rebound.example:\(scene.port)") == 421)
    #expect(ask(target, host: "localhost:\(scene.port)") == 421)
    for method in ["POST", "HEAD", "OPTIONS", "PUT"] {
      #expect(ask(target, method: method) == 405)
    }
    // A thousand at once, who stay and say nothing.
    let silent = (0..<1000).map { _ in Stranger(scene.port) }
    #expect(silent.contains { $0.isConnected })
    #expect(try scene.household.count("/v1/token") == 0)
    #expect(ask(target) == 200)
    #expect(try scene.session().state == .active)
    #expect(scene.isClosed())
    #expect(ask(target) == nil)
    #expect(try scene.household.count("/v1/token") == 1)
  }

  @Test(
    "an answer that names another issuer is not taken, nor one without a name where all have one")
  func mixUp() throws {
    let port = try FreePort.find()
    let household = try Household(
      scenario: "social", redirectURI: "http://127.0.0.1:\(port)/callback")
    // RFC 9207 §3: this issuer says that it names itself.
    try household.strike([
      "kind": "set-member", "path": "/.well-known/openid-configuration", "persistent": true,
      "member": "authorization_response_iss_parameter_supported", "value": true,
    ])
    let person = try Person(household)
    let (caller, call) = try household.beginLogin()
    let prompt = try person.nextPrompt()
    let url = try #require(prompt.content.forms.first { $0.kind == .browser }?.url)
    let browser = BrowserVisit(household)
    var back = try browser.decide("approve", at: url)
    for issuer in [nil, "https://elsewhere.example", household.origin + "/", ""] {
      back["iss"] = issuer
      let page = try browser.load([back.string ?? ""])
      #expect(page.status == 400 && page.text.contains("somebody else"), "\(issuer ?? "none")")
    }
    #expect(try household.count("/v1/token") == 0)
    back["iss"] = household.origin
    #expect(try browser.load([back.string ?? ""]).status == 200)
    #expect(try household.finish(caller, call).session?.state == .active)
  }

  @Test("a port that another program has is said in the prompt, and a pasted address ends it")
  func busyPort() throws {
    let squatter = try Squatter(0)
    var scene = try Scene("social", port: squatter.port)
    // The obstacle is found beside the prompt: it is in it, or it comes with an update.
    if !scene.prompt.words.contains(where: { $0.contains("Port \(squatter.port) is in use") }) {
      scene.prompt = try scene.person.nextUpdate()
    }
    let words = scene.prompt.words.joined()
    #expect(words.contains("Port \(squatter.port) is in use by another program"))
    #expect(words.contains("paste the address"))
    let form = try scene.form("Google")
    #expect(form.fields.map(\.name) == ["callback_url"])
    let back = try scene.back(from: "Google")
    let outcome = try scene.person.answer(
      scene.prompt, form.id, ["callback_url": .string(back.string ?? "")])
    #expect(outcome.outcome == .completed)
    #expect(try scene.session().state == .active)
  }

  @Test("an application's own scheme comes back by the prompter: checked like any other callback")
  func customScheme() throws {
    let scene = try Scene("social", redirectURI: "com.example.remedy:/callback")
    #expect(scene.prompt.words.contains { $0.contains("paste the address") })
    let form = try scene.form("Google")
    let back = try scene.back(from: "Google")
    #expect(back.scheme == "com.example.remedy")
    func refusal(_ change: (inout URLComponents) -> Void) -> RPCError? {
      var changed = back
      change(&changed)
      return scene.household.failure(
        scene.person.client, PromptAnswer.self,
        PromptAnswer.Params(
          prompt: scene.prompt.id,
          answer: Answer(form: form.id, fields: ["callback_url": .string(changed.string ?? "")])))
    }
    for error in [
      refusal { $0["state"] = "another" }, refusal { $0["state"] = nil },
      refusal { $0.scheme = "com.example.other" }, refusal { $0["interaction_code"] = nil },
      refusal { $0["error"] = "access_denied" },
      refusal { $0["iss"] = "https://elsewhere.example" },
      refusal {
        $0["code"] = $0["interaction_code"]
        $0["interaction_code"] = nil
      },
    ] {
      #expect(error?.code == -32602)
      #expect(error?.message.contains("callback_url") == true)
    }
    #expect(try scene.household.count("/v1/token") == 0)
    let outcome = try scene.person.answer(
      scene.prompt, form.id, ["callback_url": .string(back.string ?? "")])
    #expect(outcome.outcome == .completed)
    #expect(try scene.session().state == .active)
  }

  @Test("an address without an answer has the engine asked, which may know that all is done")
  func onlyDone() throws {
    let scene = try Scene("social", redirectURI: "com.example.remedy:/callback")
    let form = try scene.form("Google")
    _ = try scene.back(from: "Google")
    // The person has been at the provider, and says no more than that.
    let outcome = try scene.person.answer(scene.prompt, form.id)
    #expect(outcome.outcome == .completed)
    #expect(try scene.session().state == .active)
  }

  @Test("a sign-in that is cancelled closes the port, and its callback comes to nobody")
  func cancelled() throws {
    let scene = try Scene("social")
    let back = try scene.back(from: "Google")
    #expect(Stranger(scene.port).isConnected)
    _ = try scene.person.client.call(
      PromptCancel.self, PromptCancel.Params(prompt: scene.prompt.id)
    ) { scene.person.note($0) }
    #expect(scene.isClosed())
    #expect(try scene.load(back).status == 0)
    #expect(try scene.household.count("/v1/token") == 0)
  }
}
