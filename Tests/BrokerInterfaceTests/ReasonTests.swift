// Every reason of the contract's table, with its code, its words and what to do next.

import BrokerInterface
import JSON
import JSONRPC
import Prompts
import Testing

@Suite("Reasons")
struct ReasonTests {
  @Test("each reason has the contract's code")
  func codes() {
    let contract = [
      "interaction_required": -32001, "access_denied": -32002, "unknown_profile": -32003,
      "transaction_failed": -32004, "transaction_cancelled": -32005,
      "transaction_expired": -32006, "prompt_stale": -32007, "issuer_unavailable": -32008,
      "rate_limited": -32009, "token_rejected": -32010, "vault_unavailable": -32011,
      "quota_exceeded": -32012, "timeout": -32013, "client_rejected": -32014,
    ]
    let ours = Reason.allCases.map { ($0.rawValue, $0.code) }
    #expect(Dictionary(uniqueKeysWithValues: ours) == contract)
  }

  @Test("each reason has words in the house's style and a hint", arguments: Reason.allCases)
  func words(reason: Reason) {
    #expect(reason.message.first?.isLowercase == true)
    #expect(!reason.message.hasSuffix("."))
    #expect(reason.hint(profile: "payroll").count > 8)
    #expect(reason.sentence.first?.isUppercase == true)
    let error = RPCError(reason: reason)
    #expect(error.code == reason.code && error.message == reason.message)
    #expect(error.reason == reason && error.hint == reason.hint())
  }

  @Test("a hint that is a command names the profile")
  func command() {
    #expect(
      RPCError(reason: .interactionRequired, profile: "payroll").hint == "remedy login payroll")
    #expect(
      RPCError(reason: .unknownProfile, profile: "payroll") == RPCError(reason: .unknownProfile))
  }

  @Test("an error carries what the caller needs, and is read as it was written")
  func members() throws {
    let error = RPCError(
      reason: .rateLimited, message: "m", hint: "h", retryAfter: 2.5,
      messages: [Message(level: .error, text: "t")], extra: ["waiting_for": "issuer"])
    #expect(
      JSONWriter.text(.object(error.data)) == """
        {"reason":"rate_limited","hint":"h","retry_after":2.5,\
        "messages":[{"level":"error","text":"t"}],"waiting_for":"issuer"}
        """)
    let read = try #require(RPCError.read(error.json))
    #expect(read == error)
    #expect(read.retryAfter == 2.5 && read.messages == [Message(level: .error, text: "t")])
  }

  @Test(
    "an answer that does not fit its form is -32602 and names the field",
    arguments: [
      .missing(field: "credentials.passcode"), .unknown(field: "credentials.passcode"),
      .wrongType(field: "credentials.passcode", expected: .string),
      .tooShort(field: "credentials.passcode", minimum: 8),
      .tooLong(field: "credentials.passcode", maximum: 72),
      .noSuchChoice(field: "credentials.passcode", choices: ["a", "b"]),
    ] as [AnswerFault])
  func answerFaults(fault: AnswerFault) {
    let error = RPCError(fault)
    #expect(error.code == -32602)
    #expect(error.message.contains("fields.credentials.passcode"))
  }

  @Test("an answer to a form that is not there is -32602 and names the form")
  func noSuchForm() {
    #expect(RPCError(AnswerFault.noSuchForm("f")).code == -32602)
    #expect(RPCError(AnswerFault.noSuchForm("f")).message.contains("form"))
  }
}
