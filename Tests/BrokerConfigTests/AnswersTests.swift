import Secrets
import Testing
import TokenBroker

@Suite("The answers of a service account are named in the file, and read from where they lie")
struct AnswersTests {
  private let folder: Folder
  private let seed: String
  private let password: String

  init() throws {
    folder = try Folder()
    seed = try folder.file("seed", "JBSW Y3DP EHPK 3PXP\n")
    password = try folder.file("password", "correct horse battery staple\n")
  }

  private func read(_ lines: String...) throws -> UnattendedAnswers? {
    let text = profile("[profile.demo.answers]") + lines.joined(separator: "\n") + "\n"
    return try configuration(text).profiles.first?.answers
  }

  private func answerFaults(_ lines: String...) -> [String] {
    faults(profile("[profile.demo.answers]") + lines.joined(separator: "\n") + "\n")
  }

  @Test("a name, a password, a seed and any other field are read")
  func all() throws {
    let answers = try read(
      "identifier = \"svc-payroll\"", "\"credentials.passcode\" = \"file:\(password)\"",
      "\"credentials.answer\" = \"file:\(password)\"", "totp = \"file:\(seed)\"",
      "userProfile.department = \"file:\(password)\"")
    let secret = Secret("correct horse battery staple")
    #expect(
      answers
        == UnattendedAnswers(
          identifier: "svc-payroll", codes: OneTimeCodes(base32: Secret("JBSWY3DPEHPK3PXP")),
          fields: [
            "credentials.passcode": secret, "credentials.answer": secret,
            "userProfile.department": secret,
          ]))
  }

  @Test("a profile without them has none")
  func none() throws {
    #expect(try configuration(profile()).profiles.first?.answers == nil)
  }

  @Test("a secret written out is a fault that does not show it")
  func literal() {
    for line in ["totp = \"hunter2\"", "\"credentials.passcode\" = \"hunter2\""] {
      let found = answerFaults("identifier = \"svc\"", line)
      #expect(found.count == 1)
      #expect(found.first?.hasPrefix("remedy.toml:7: profile.demo.answers.") == true)
      #expect(found.first?.contains("is a literal") == true)
      #expect(found.first?.contains("hunter2") == false)
    }
  }

  @Test("what cannot be an answer is a fault with line, key and mend")
  func unfit() throws {
    #expect(
      answerFaults("pasword = \"file:\(password)\"") == [
        "remedy.toml:6: profile.demo.answers.pasword: is no name of a field; write identifier, "
          + "totp, or a field with its dots in quotes, like "
          + "\"credentials.passcode\" = \"credential:NAME\""
      ])
    #expect(
      answerFaults("totpp = \"file:\(seed)\"") == [
        "remedy.toml:6: profile.demo.answers.totpp: is no name of a field; did you mean totp?"
      ])
    #expect(
      answerFaults("totp = \"file:\(try folder.file("noseed", "0189"))\"") == [
        "remedy.toml:6: profile.demo.answers.totp: the secret is no seed in base32 of 80 bits or "
          + "more; store the setup key that the issuer shows, letters A-Z and digits 2-7"
      ])
    #expect(
      answerFaults("identifier = \"\"") == [
        "remedy.toml:6: profile.demo.answers.identifier: is empty; "
          + "write the name that the account signs in with"
      ])
    #expect(
      answerFaults("totp = 7") == [
        "remedy.toml:6: profile.demo.answers.totp: must be a string, not an integer; "
          + "write totp = \"credential:NAME\""
      ])
    #expect(
      answerFaults() == [
        "remedy.toml:5: profile.demo.answers: holds no answer; write identifier = \"NAME\" and "
          + "\"credentials.passcode\" = \"credential:NAME\", or leave the table out"
      ])
    let twice = answerFaults(
      "\"credentials.passcode\" = \"file:\(password)\"",
      "credentials.passcode = \"file:\(password)\"")
    #expect(twice.count == 1 && twice.first?.contains("is there a second time") == true)
    #expect(
      faults(profile("answers = \"x\"")) == [
        "remedy.toml:5: profile.demo.answers: must be a table, not a string; "
          + "write [profile.demo.answers], with its keys on the lines below"
      ])
  }
}
