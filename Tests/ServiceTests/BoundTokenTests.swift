// Tokens that are bound to a key, against an issuer that gives no others.

import BrokerInterface
import Foundation
import JSON
import RemedyClient
import TestSupport
import Testing

@Suite("Bound tokens, through the real broker", .serialized)
struct BoundTokenTests {
  /// The status of `/userinfo` with a token and, or not, a proof.
  private func userInfo(
    _ household: Household, _ token: TokenGet.Result, proof: String?
  ) throws -> String {
    let answer = try FinishedProgram(
      [
        "curl", "-sS", "--max-time", "20", "--cacert", household.folder.path + "/ca.pem", "-o",
        "/dev/null",
        "-w", "%{http_code}", "-H",
        "Authorization: \(token.tokenType) \(token.accessToken.exposedText())",
      ] + (proof.map { ["-H", "DPoP: \($0)"] } ?? []) + [household.origin + "/oauth2/v1/userinfo"])
    return answer.words
  }

  @Test("sign-in answers the nonce once, refresh keeps the key, and proofs open what tokens do not")
  func bound() throws {
    let household = try Household(scenario: "dpop") { _ in "dpop = true" }
    let client = try household.client()
    #expect(try client.call(ProfileList.self, NoParams()).profiles.map(\.dpop) == [true])
    let url = household.origin + "/oauth2/v1/userinfo?x=y#z"
    let params = DPoPProve.Params(profile: "demo", method: "GET", url: url)
    let early = household.failure(client, DPoPProve.self, params)
    #expect(early?.reason == .interactionRequired)

    try household.signIn()
    // The nonce was not known: the code was sent twice, and counted once.
    #expect(try household.count("/v1/token") == 2)
    for isRestarted in [false, true] {
      if isRestarted {
        household.stopDaemon(signal: SIGKILL)
        try household.startDaemon()
      }
      let client = try household.client()
      for forced in [false, true] {
        let token = try client.call(
          TokenGet.self, TokenGet.Params(profile: "demo", forceRefresh: forced))
        #expect(token.tokenType == "DPoP")
        #expect(try userInfo(household, token, proof: nil) == "401")
        let proof = try client.call(DPoPProve.self, params).proof
        #expect(try userInfo(household, token, proof: proof) == "200")
        #expect(try userInfo(household, token, proof: proof) == "401", "a proof has one use")
      }
    }
    // Two refreshes; the one after the restart learns the nonce anew.
    #expect(try household.count("/v1/token") == 2 + 1 + 2)
  }

  @Test("a proof is for who may have the token, and for addresses that tokens may go to")
  func refused() throws {
    let household = try Household(scenario: "dpop") { _ in "dpop = true" }
    try household.signIn()
    let client = try household.client()
    for url in ["http://api.example/", "ftp://api.example/", "/orders", "https://a@b/", ""] {
      let error = household.failure(
        client, DPoPProve.self, DPoPProve.Params(profile: "demo", method: "GET", url: url))
      #expect(error?.code == -32602, "\(url)")
      #expect(error?.message.contains("url") == true, "\(url)")
    }
    let method = household.failure(
      client, DPoPProve.self,
      DPoPProve.Params(profile: "demo", method: "GET X", url: "https://api.example/"))
    #expect(method?.code == -32602)
    let stranger = household.failure(
      client, DPoPProve.self,
      DPoPProve.Params(profile: "other", method: "GET", url: "https://api.example/"))
    #expect(stranger?.reason == .unknownProfile)
  }

  @Test("a profile whose tokens are not bound has no proofs, and the caller is told so")
  func unbound() throws {
    let household = try Household(scenario: "password")
    let client = try household.client()
    let error = household.failure(
      client, DPoPProve.self,
      DPoPProve.Params(profile: "demo", method: "GET", url: "https://api.example/"))
    #expect(error?.code == -32602)
  }
}
