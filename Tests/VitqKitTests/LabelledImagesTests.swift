import Testing
import VitqKit
import VitqTestSupport

@Suite struct LabelledImagesTests {
  @Test(arguments: ["\n", "\r\n"])
  func linesMayEndAsOnAnySystem(_ end: String) throws {
    let folder = try TemporaryFolder()
    let text = ["file,class_index", "a.png,1", "b, c.png,0", ""].joined(separator: end)
    let path = try folder.write(Array(text.utf8), to: "labels.csv")

    let entries = try LabelledImages(path: path, classCount: 2).entries

    #expect(entries.map { $0.path.split(separator: "/").last } == ["a.png", "b, c.png"])
    #expect(entries.map(\.classIndex) == [1, 0])
  }

  @Test(arguments: [
    ("\"000.png\",1", "000.png"), ("\"a, b.png\",\"1\"", "a, b.png"),
    ("\"say \"\"a\"\".png\",1", "say \"a\".png"), ("a \"b\".png,1", "a \"b\".png"),
    ("\"two\nlines.png\",1", "two\nlines.png"),
  ])
  func namesMayBeQuoted(_ line: String, _ name: String) throws {
    for end in ["\n", "\r\n"] {
      let folder = try TemporaryFolder()
      let text = ["\"file\",\"class_index\"", line, "last.png,0"].joined(separator: end)
      let path = try folder.write(Array(text.utf8), to: "labels.csv")

      let entries = try LabelledImages(path: path, classCount: 2).entries

      #expect(entries.map { $0.path.hasSuffix("/" + name) } == [true, false])
      #expect(entries.map { $0.path.hasSuffix("/last.png") } == [false, true])
      #expect(entries.map(\.classIndex) == [1, 0])
    }
  }

  /// The number is that of the file's line, also behind a name of two lines.
  @Test func theLineAtFaultIsNamed() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      Array("file,class_index\n\"two\nlines.png\",1\n\n\"a.png\"x,1\n".utf8), to: "labels.csv")

    #expect(
      throws: LabelledImagesError.malformedLine(path: path, line: 5, found: "\"a.png\"x,1")
    ) {
      try LabelledImages(path: path, classCount: 2)
    }
  }

  @Test(arguments: [
    "a.png,one", "a.png", ",1", "a.png,2", "1", "\"a.png,1", "\"a.png\" ,1", "\"a\",b.png,1",
  ])
  func lineThatDoesNotFitIsRefused(_ line: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array("file,class_index\n\(line)\n".utf8), to: "labels.csv")

    #expect(throws: LabelledImagesError.self) {
      try LabelledImages(path: path, classCount: 2)
    }
  }
}
