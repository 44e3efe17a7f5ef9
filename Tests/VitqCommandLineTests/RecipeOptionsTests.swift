import ArgumentParser
import Testing
import VitqCommandLine

/// What the words behind `quantize` and `synthesize` mean.
@Suite struct RecipeOptionsTests {
  struct Line: Sendable, CustomStringConvertible {
    var description: String { arguments }
    var arguments: String
    var model: String?
    var images: [ImagesArgument] = []

    var words: [String] { arguments.split(separator: " ").map { String($0) } }
  }

  static let lines = [
    Line(arguments: "--images 2 a.vitq", model: "a.vitq", images: [.count(2)]),
    Line(arguments: "--steps 5 --images 2 a.vitq", model: "a.vitq", images: [.count(2)]),
    Line(arguments: "--images 2 --steps 5 a.vitq", model: "a.vitq", images: [.count(2)]),
    Line(arguments: "a.vitq --images 2", model: "a.vitq", images: [.count(2)]),
    Line(arguments: "--images 2", images: [.count(2)]),
    Line(arguments: "a.vitq", model: "a.vitq"),
  ]

  static let linesOfFolders = [
    Line(arguments: "--images p/1 p/2", images: [.folder("p/1"), .folder("p/2")]),
    Line(
      arguments: "--images p/1 p/2 a.vitq", model: "a.vitq",
      images: [.folder("p/1"), .folder("p/2")]),
    Line(
      arguments: "a.vitq --images p/1 p/2", model: "a.vitq",
      images: [.folder("p/1"), .folder("p/2")]),
  ]

  @Test(arguments: lines)
  func aModelBehindTheImagesIsTheModel(_ line: Line) throws {
    let quantize = try QuantizeOptions.parse(["--data-free"] + line.words)
    #expect(quantize.model == line.model)
    #expect(quantize.recipe.images == line.images)
    let synthesize = try SynthesizeOptions.parse(line.words)
    #expect(synthesize.model == line.model)
    #expect(synthesize.recipe.images == line.images)
  }

  @Test(arguments: linesOfFolders)
  func quantizeTakesFolders(_ line: Line) throws {
    let quantize = try QuantizeOptions.parse(line.words)
    #expect(quantize.model == line.model)
    #expect(quantize.recipe.images == line.images)
    #expect(throws: (any Error).self) { try SynthesizeOptions.parse(line.words) }
  }

  @Test(
    arguments: [
      ("--images 2 p/1", "expected one number or folders, found both"),
      ("--images p/1 2", "expected one number or folders, found both"),
      ("--images 2 3", "expected one number or folders, found both"),
      ("--images 2 p/1 a.vitq", "expected one number or folders, found both"),
      ("a.vitq --images 2 b.vitq", "expected one number or folders, found both"),
      ("--images 0 a.vitq", "expected 1 to 4096, found 0"),
      ("--images a.vitq", "expected a number or folders, found only 'a.vitq'"),
    ])
  func refusesOtherImages(_ arguments: String, _ message: String) throws {
    let words = Line(arguments: arguments).words
    let error = try #require(
      throws: (any Error).self
    ) { try QuantizeOptions.parse(["--data-free"] + words) }
    #expect(QuantizeOptions.message(for: error) == "--images: \(message)")
  }
}
