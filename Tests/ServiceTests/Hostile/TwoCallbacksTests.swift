// Two sign-ins at two issuers wait for a browser at one redirect URI (RFC 9700 §4.4, RFC 9207): what
// comes back is for the run whose state it has and from the issuer that was asked there, or for none.

import BrokerInterface
import Foundation
import JSON
import JSONRPC
import Prompts
import RemedyClient
import TestSupport
import Testing

@Suite("Two callbacks, one of them hostile", .serialized)
struct TwoCallbacksTests {
  /// Two open sign-ins whose prompts lead to a browser.
  private struct Scene {
    let honest: WatchedIssuer
    let hostile: WatchedIssuer
    let broker: BrokerProcess
    let visits: [IssuerVisit]
    /// The browser's form of each prompt.
    let forms: [String]
    let redirectURI: String

    init(redirectURI: String) throws {
      self.redirectURI = redirectURI
      honest = try WatchedIssuer(TokenMint())
      hostile = try WatchedIssuer(TokenMint())
      broker = try BrokerProcess(
        configuration: IssuerVisit.configuration(
          [("honest", honest, ""), ("hostile", hostile, "")], redirectURI: redirectURI))
      let socket = broker.socket
      visits = try ["honest", "hostile"].map { try IssuerVisit(socket, $0) }
      forms = try visits.map { visit in
        guard let form = try visit.begin().content.forms.first(where: { $0.kind == .browser })
        else { throw Trouble("nothing leads to a browser") }
        return form.id
      }
    }

    func stop() {
      honest.stop()
      hostile.stop()
    }

    /// What a browser comes back with: a code of one issuer, and whose state and name it bears.
    func callback(
      state: WatchedIssuer?, issuer: WatchedIssuer?, code: String
    ) -> String {
      var address = URLComponents()
      address["interaction_code"] = code
      address["state"] = state.map { $0.sent("state") ?? "" }
      address["iss"] = issuer?.origin
      return redirectURI + "?" + (address.percentEncodedQuery ?? "")
    }

    /// How often the issuers were asked for tokens.
    var redeemed: [Int] {
      [honest, hostile].map { issuer in
        issuer.requests.filter { IssuerCall($0) == .token }.count
      }
    }

    /// All ways in which a callback can be another's, for the run of `mine`.
    func strangers(for mine: WatchedIssuer, not other: WatchedIssuer) -> [(String, String)] {
      [
        ("the other's whole callback", callback(state: other, issuer: other, code: "c1")),
        ("the other's name and code", callback(state: mine, issuer: other, code: "c2")),
        ("the other's state", callback(state: other, issuer: mine, code: "c3")),
        ("no name", callback(state: mine, issuer: nil, code: "c4")),
        ("no state", callback(state: nil, issuer: mine, code: "c5")),
        ("neither", callback(state: nil, issuer: nil, code: "c6")),
        ("the other's state and no name", callback(state: other, issuer: nil, code: "c7")),
      ]
    }

    /// Each has redeemed its own code by its own verifier, once, and has seen nothing of the other's.
    func expectApart(_ codes: [String]) {
      #expect(redeemed == [1, 1])
      for (issuer, other, code) in [(honest, hostile, codes[0]), (hostile, honest, codes[1])] {
        #expect(issuer.sent("interaction_code") == code)
        let verifier = issuer.sent("code_verifier") ?? "none"
        #expect(issuer.secrets.contains(verifier))
        for request in other.requests {
          let text = request.head + String(decoding: request.body, as: UTF8.self)
          #expect(!text.contains(code) && !text.contains(verifier), "\(request.path)")
        }
      }
    }
  }

  @Test("pasted into a prompt, no callback counts but that run's own, and each counts once")
  func pasted() throws {
    let scene = try Scene(redirectURI: "com.example.app:/callback")
    defer { scene.stop() }
    for (number, issuer) in [scene.honest, scene.hostile].enumerated() {
      let other = number == 0 ? scene.hostile : scene.honest
      for (what, address) in scene.strangers(for: issuer, not: other) {
        let refusal = #expect(throws: CallFault.self, "\(what)") {
          try scene.visits[number].answer(
            scene.forms[number], ["callback_url": .string(address)])
        }
        guard case .refused(let error)? = refusal else { continue }
        #expect(error.code == -32602 && error.message.contains("callback_url"), "\(what): \(error)")
      }
    }
    #expect(scene.redeemed == [0, 0])
    for (number, issuer) in [scene.honest, scene.hostile].enumerated() {
      let outcome = try scene.visits[number].answer(
        scene.forms[number],
        [
          "callback_url": .string(
            scene.callback(state: issuer, issuer: issuer, code: "own-code-\(number)"))
        ])
      #expect(outcome.outcome == .completed)
      #expect(try scene.visits[number].session().state == .active)
    }
    scene.expectApart(["own-code-0", "own-code-1"])
  }

  @Test(
    "at one port that two runs share, each callback is for the run of its state, from its issuer")
  func loopback() throws {
    let port = try FreePort.find()
    let scene = try Scene(redirectURI: "http://127.0.0.1:\(port)/callback")
    defer { scene.stop() }
    func load(_ address: String) -> Int? {
      let target = address.dropFirst("http://127.0.0.1:\(port)".count)
      return Stranger(port).status(
        of: "GET \(target) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n\r\n")
    }
    for (issuer, other) in [(scene.honest, scene.hostile), (scene.hostile, scene.honest)] {
      for (what, address) in scene.strangers(for: issuer, not: other).dropFirst() {
        #expect(load(address) == 400, "\(what)")
      }
    }
    #expect(scene.redeemed == [0, 0])
    for (number, issuer) in [scene.honest, scene.hostile].enumerated() {
      let address = scene.callback(state: issuer, issuer: issuer, code: "own-code-\(number)")
      #expect(load(address) == 200)
      #expect(try scene.visits[number].session().state == .active)
      #expect(load(address) != 200)
    }
    scene.expectApart(["own-code-0", "own-code-1"])
  }
}
