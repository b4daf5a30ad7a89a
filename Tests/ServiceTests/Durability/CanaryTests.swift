// Secrets of a known form go through every flow, and are then looked for wherever they must not be.

import BrokerInterface
import Foundation
import JSON
import JSONRPC
import RemedyClient
import Testing

@Suite("Canaries", .serialized)
struct CanaryTests {
  @Test("no secret is in the log at its most talkative, on disk, in /proc or in an error's words")
  func nowhere() async throws {
    let house = try CanaryHouse()
    var errors = ""
    func refused<M: Method>(_ method: M.Type, _ params: M.Params) throws {
      do {
        _ = try house.client().call(method, params)
      } catch CallFault.refused(let error) {
        errors += "\(error.message) \(error.hint ?? "") \(JSONWriter.text(.object(error.data)))\n"
      }
    }
    try house.signIn("secret", factor: "okta_email")
    try house.signIn("keyed", factor: "security_question")
    try house.signIn("bound", factor: "okta_email")
    let client = try house.client()
    for profile in ["secret", "keyed", "bound", "service"] {
      for force in [false, true, true] {
        _ = try client.call(
          TokenGet.self, TokenGet.Params(profile: profile, timeout: 60, forceRefresh: force))
      }
      _ = try client.call(TokenClaims.self, TokenClaims.Params(profile: profile))
    }
    _ = try client.call(
      DPoPProve.self,
      DPoPProve.Params(profile: "bound", method: "GET", url: "https://api.example/"))
    // The issuer's troubles, each with what the broker says of it.
    for kind in ["server-error-html", "nonsense", "bad-signature", "reset", "rate-limit-api"] {
      try house.strike(["kind": .string(kind), "path": "/oauth2"])
      try refused(TokenGet.self, TokenGet.Params(profile: "keyed", timeout: 5, forceRefresh: true))
    }
    try refused(TokenGet.self, TokenGet.Params(profile: "nosuch"))
    // A sign-in that is given up, one that a kill interrupts, and a restart.
    let person = try Person(client: try house.client())
    let caller = try house.client()
    _ = try caller.start(
      SessionLogin.self, SessionLogin.Params(profile: "secret", force: true, timeout: 60))
    let prompt = try person.nextPrompt()
    _ = try person.step(prompt, "identify", ["identifier": .string(CanaryHouse.name)])
    house.stop(signal: SIGKILL)
    try house.start()
    let later = try house.client()
    _ = try later.call(TokenGet.self, TokenGet.Params(profile: "secret", forceRefresh: true))
    try await house.learnFromVault()
    _ = try later.call(SessionLogout.self, SessionLogout.Params(profile: "bound"))

    let missing = try house.learn()
    #expect(missing.isEmpty, "the wire carried none of these, so nothing was shown of them")
    let kinds = Set(house.canaries.map(\.kind))
    #expect(kinds.count >= 14)
    let pid = try #require(house.pid)
    var places = [
      ("environ", try procFile("/proc/\(pid)/environ")),
      ("cmdline", try procFile("/proc/\(pid)/cmdline")),
      ("error texts", Data(errors.utf8)),
    ]
    // A crash, as far as a signal is one: nothing of memory is said, and no core is left.
    house.stop(signal: SIGSEGV)
    places.append(("log", house.logged))
    // Nothing writes any more: what is read is what there is.
    for name in try FileManager.default.contentsOfDirectory(atPath: house.state) {
      let path = house.state + "/" + name
      places.append((name, Data(name.utf8) + (try Data(contentsOf: URL(fileURLWithPath: path)))))
    }
    let left = try FileManager.default.contentsOfDirectory(atPath: house.folder.path)
    #expect(left.allSatisfy { !$0.hasPrefix("core") })
    #expect(errors.count > 100)
    #expect(String(decoding: house.logged, as: UTF8.self).contains("token refreshed"))
    var found = 0
    for (place, bytes) in places {
      for canary in house.canaries where canary.count(in: bytes) > 0 {
        found += 1
        Issue.record("\(canary.kind) is in \(place)")
      }
    }
    print(
      "canaries: \(kinds.count) kinds, \(house.canaries.count) secrets, \(places.count) places, "
        + "\(house.logged.count) bytes of log, \(found) found")
  }

  @Test("the search finds a secret in every spelling, wherever it stands")
  func finds() throws {
    let canary = Canary("planted", "p/w+ü äß" + UUID().uuidString)
    let bytes = Data(canary.bytes)
    let hex = bytes.map { String(format: "%02x", $0) }
    let base64 = [Data(), Data("x".utf8), Data("xy".utf8)].map {
      ($0 + bytes + Data("zz".utf8)).base64EncodedString()
    }
    let plants =
      [
        canary.text, canary.text.replacingOccurrences(of: "/", with: "\\/"), hex.joined(),
        hex.joined().uppercased(), hex.map { "%" + $0.uppercased() }.joined(),
      ] + base64
      + base64.map {
        $0.replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
      }
    for plant in plants {
      #expect(canary.count(in: Data("before \(plant) after".utf8)) > 0, "\(plant)")
    }
    #expect(canary.count(in: Data("before after".utf8)) == 0)
    let code = Canary("code", "123456")
    #expect(code.count(in: Data("\"code\":\"123456\"".utf8)) == 1)
    #expect(code.count(in: Data("91234567".utf8)) == 0)
  }
}
