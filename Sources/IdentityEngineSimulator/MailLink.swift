// The link in an e-mail. Whoever opens it says whether it was they who asked. The sign-in that waits
// hears of it when it polls; or, where the mail was opened in the browser that asked, the code comes
// back to the client's redirect URI as `otp`.

import FoundationEssentials
import HTTPTypes

/// A link that was sent.
struct MailLink: Sendable {
  enum State: String, Sendable { case waiting, approved, denied }

  let token: String
  let interaction: String
  let code: String
  let expiresAt: Date
  var state = State.waiting
}

extension Organisation {
  /// Makes a link for the mail of this run; where it leads, and the token in it.
  mutating func makeLink(
    of context: StepContext, code: String, expiresAt: Date
  ) -> (address: String, token: String) {
    let token = random.handle(24)
    links[token] = MailLink(
      token: token, interaction: context.interaction, code: code, expiresAt: expiresAt)
    return ("\(origin)/email/verify/\(context.clientIdentifier)?token=\(token)", token)
  }

  /// The page that a link opens, and what is decided there.
  mutating func openLink(_ request: SimulatedRequest, now: Date) -> Answer {
    guard let token = request.query["token"], let link = links[token], isAwaited(link, now: now)
    else { return deadEnd("This link has expired, or has been used.") }
    guard request.method == .post else {
      let target = request.target
      return .html(
        htmlPage(
          "Was it you?",
          """
          <p>Somebody wants to sign in as you.</p>
          \(htmlButton("Yes, it was me, on another device", to: target, [("decision", "approve")]))
          \(htmlButton("Yes, in this browser", to: target, [("decision", "here")]))
          \(htmlButton("No", to: target, [("decision", "deny")]))
          """))
    }
    if request.form["decision"] == "here", let interaction = interactions[link.interaction] {
      return back(to: interaction, [("otp", link.code)])
    }
    let isApproved = request.form["decision"] == "approve"
    decide(link: token, approve: isApproved)
    return .html(
      htmlPage(
        isApproved ? "Thank you" : "Access denied",
        isApproved
          ? "<p>Please return to the original tab.</p>" : "<p>Access denied on other device.</p>"))
  }

  /// Whether anybody still waits for it: a later mail, a code that was typed, or a cancel end that.
  private func isAwaited(_ link: MailLink, now: Date) -> Bool {
    let step = interactions[link.interaction]?.run?.step as? SentCodeStep
    return link.state == .waiting && now < link.expiresAt && step?.link == link.token
  }

  /// Clicks a link, or says that it was somebody else. `false` where no such link waits.
  @discardableResult
  public mutating func decide(link token: String, approve: Bool) -> Bool {
    guard links[token]?.state == .waiting else { return false }
    links[token]?.state = approve ? .approved : .denied
    return true
  }
}
