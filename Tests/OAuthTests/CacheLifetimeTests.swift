import HTTPTypes
import OAuth
import Testing

@Suite("How long keys are kept")
struct CacheLifetimeTests {
  @Test(
    "as long as the issuer says, within a minute and a day",
    arguments: [
      (nil, 3600), ("", 3600), ("public", 3600), ("max-age=600", 600),
      ("public, MAX-AGE=\"600\", must-revalidate", 600), ("max-age=0", 60), ("max-age=59", 60),
      ("max-age=86401", 86_400), ("max-age=99999999999999999999999", 86_400),
      ("max-age=-1", 3600), ("max-age", 3600), ("max-age=", 3600), ("max-age=6e2", 3600),
      ("no-store", 60), ("no-cache, max-age=600", 60), ("s-maxage=7", 3600),
    ] as [(String?, Int)])
  func seconds(field: String?, expected: Int) {
    var headers = HTTPFields()
    headers[.cacheControl] = field
    #expect(CacheLifetime.seconds(headers: headers) == expected)
  }
}
