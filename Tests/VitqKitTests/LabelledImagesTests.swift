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

  @Test(arguments: ["a.png,one", "a.png", ",1", "a.png,2"])
  func lineThatDoesNotFitIsRefused(_ line: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array("file,class_index\n\(line)\n".utf8), to: "labels.csv")

    #expect(throws: LabelledImagesError.self) {
      try LabelledImages(path: path, classCount: 2)
    }
  }
}
