import Testing
import VitqFormat

struct FolderOfPathTests {
  @Test(arguments: [
    ("", ""), ("w", ""), ("name", ""), ("name/", ""), ("a/b", "a"), ("a//b/", "a"), ("./a", "."),
    ("/", "/"), ("//", "/"), ("/a", "/"), ("//a", "/"), ("/a/b", "/a"), ("../a/é", "../a"),
  ])
  func isWhatIsBeforeTheLastName(_ path: String, _ folder: String) {
    #expect(path.folderOfPath == folder)
  }
}
