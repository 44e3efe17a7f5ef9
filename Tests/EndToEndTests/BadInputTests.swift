import Foundation
import Testing

/// Bad files, folders and options: one line that names the file, the documented status, no output.
struct BadInputTests {
  private static let model = CommandRun.package.appendingPathComponent("fixtures/tiny-vit")

  struct Case: Sendable, CustomStringConvertible {
    var description: String
    var command: [String]
    var file: String
    var bytes: @Sendable () throws -> Data
    var status: Int32
    var message: String
  }

  private static func fixture(_ name: String) throws -> Data {
    try Data(contentsOf: model.appendingPathComponent(name))
  }

  private static func image() throws -> Data {
    let folder = model.appendingPathComponent("images")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    return try Data(contentsOf: folder.appendingPathComponent(names[0]))
  }

  static let cases = [
    Case(
      description: "an empty checkpoint", command: ["convert", "a.h5"], file: "a.h5",
      bytes: { Data() }, status: 65, message: "the file is empty"),
    Case(
      description: "text named h5", command: ["convert", "a.h5"], file: "a.h5",
      bytes: { Data("hello".utf8) }, status: 65, message: "not an HDF5 file"),
    Case(
      description: "a text as a checkpoint", command: ["convert", "a.txt"], file: "a.txt",
      bytes: { Data("hello, world".utf8) }, status: 65,
      message: "a.txt: file: not a checkpoint: expected HDF5, ONNX or safetensors, found none"),
    Case(
      description: "a truncated HDF5 file", command: ["convert", "a.h5"], file: "a.h5",
      bytes: { try fixture("tiny-vit.h5").prefix(1_000_000) }, status: 65, message: "truncated"),
    Case(
      description: "a truncated safetensors file", command: ["convert", "a.safetensors"],
      file: "a.safetensors", bytes: { try fixture("model.safetensors").prefix(1_000_000) },
      status: 65, message: "a.safetensors"),
    Case(
      description: "a pickle", command: ["convert", "a.pth"], file: "a.pth",
      bytes: { Data("PK\u{3}\u{4}0000".utf8) }, status: 69, message: "pickle"),
    Case(
      description: "a text as a model", command: ["infer", "-m", "a.vitq", "x.png"],
      file: "a.vitq", bytes: { Data("hello, world".utf8) }, status: 65,
      message: "a.vitq: file: not a .vitq model: expected a header"),
    Case(
      description: "a checkpoint as a model", command: ["quantize", "a.vitq", "--data-free"],
      file: "a.vitq", bytes: { try fixture("model.safetensors") }, status: 65,
      message: "vitq did not write"),
    Case(
      description: "HDF5 as a model", command: ["inspect", "a.h5"], file: "a.h5",
      bytes: { try fixture("tiny-vit.h5") }, status: 65,
      message: "a.h5: file: not a .vitq model: looks like HDF5; pass it to vitq convert"),
    Case(
      description: "ONNX as a model", command: ["infer", "-m", "a.onnx", "x.png"],
      file: "a.onnx", bytes: { Data([8, 8, 0x12, 7] + "pytorch".utf8) }, status: 65,
      message: "a.onnx: file: not a .vitq model: looks like ONNX; pass it to vitq convert"),
    Case(
      description: "an image as a model", command: ["quantize", "a.png", "--data-free"],
      file: "a.png", bytes: { try image() }, status: 65,
      message: "a.png: file: not a .vitq model: looks like PNG"),
  ]

  @Test(arguments: cases)
  func refuses(_ bad: Case) throws {
    let folder = try TemporaryFolder()
    try folder.write(bad.bytes(), as: bad.file)
    try expectRefusal(bad.command, in: folder, status: bad.status, message: bad.message)
  }

  @Test(
    arguments: [
      (["convert", "none.h5"], 66, "none.h5"),
      (["quantize", "--data-free"], 66, "expected one full-precision model"),
      (["infer", "x.png"], 66, "expected one model"),
      (["infer", "-m", "none.vitq", "x.png"], 66, "none.vitq: no such file"),
      (["bench"], 66, "found none"),
      (["verify", "."], 66, "is a folder"),
    ] as [([String], Int32, String)])
  func namesWhatIsMissing(_ command: [String], _ status: Int32, _ message: String) throws {
    try expectRefusal(command, in: TemporaryFolder(), status: status, message: message)
  }

  @Test(arguments: [
    ["quantize"], ["quantize", "--data-free", "-w", "2"], ["quantize", "--data-free", "-a", "9"],
    ["quantize", "--data-free", "--calib", "x"], ["infer"], ["infer", "x.png", "-t", "0"],
    ["eval", "x", "--limit", "0"], ["explode"], ["inspect", "x", "--recipe", "--graph"],
    ["inspect", "x", "--calibration", "--json"], ["inspect", "x", "--recipe", "--calibration"],
    ["recipes", "x", "--keys"],
  ])
  func refusesWrongOptions(_ command: [String]) throws {
    let folder = try TemporaryFolder()
    let run = try CommandRun(command, in: folder.url)
    #expect(run.status == 64, "\(run.errors)")
    #expect(run.errors.hasPrefix("Error: "))
    #expect(try folder.names.isEmpty)
  }

  @Test func refusesImagesThatAreNone() throws {
    let folder = try TemporaryFolder()
    try prepareModel(in: folder)
    let image = try Self.image()
    let bad: [(String, Data, Int32)] = [
      ("empty.png", Data(), 65), ("text.jpg", Data("hello".utf8), 65),
      ("cut.png", image.prefix(image.count / 2), 65), ("page.png", Data("<html>".utf8), 69),
      ("film.gif", Data("GIF89a".utf8), 69),
    ]
    for (name, bytes, status) in bad {
      try folder.write(bytes, as: name)
      try expectRefusal(["infer", name], in: folder, status: status, message: name)
    }
    try expectRefusal(["infer", "absent.png"], in: folder, status: 66, message: "absent.png")
    try expectRefusal(["infer", "."], in: folder, status: 66, message: "directory")
    let several = try CommandRun(
      ["infer", "-q", "text.jpg", "image.png", "absent.png"], in: folder.url)
    #expect(several.status == 65, "\(several.errors)")
    let lines = several.errors.split(separator: "\n")
    #expect(lines.count == 2, "\(several.errors)")
    #expect(lines.first?.contains("text.jpg") == true, "\(several.errors)")
    #expect(several.output.contains("image.png"))
  }

  /// A flipped bit of a model is found when it is opened or verified, and never crashes.
  @Test func findsDamageInModels() throws {
    let folder = try TemporaryFolder()
    try prepareModel(in: folder)
    let url = folder.url.appendingPathComponent("tiny-vit.w8a8.vitq")
    let good = try Data(contentsOf: url)
    for fraction in [0.0, 0.001, 0.01, 0.2, 0.5, 0.999] {
      var bytes = good
      bytes[Int(fraction * Double(good.count - 1))] ^= 0x10
      try bytes.write(to: url)
      try expectRefusal(["verify", url.lastPathComponent], in: folder, status: 65, message: "vitq")
    }
    try good.prefix(good.count - 1).write(to: url)
    try expectRefusal(["infer", "image.png"], in: folder, status: 65, message: "w8a8.vitq")
    try expectRefusal(["quantize", "--data-free"], in: folder, status: 65, message: "w8a8.vitq")
  }

  @Test func leavesNothingWhereItCannotWrite() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.fixture("tiny-vit.h5"), as: "tiny-vit.h5")
    try expectRefusal(
      ["convert", "tiny-vit.h5", "-o", "absent/x.vitq"], in: folder, status: 73,
      message: "absent/x.vitq: the folder 'absent' does not exist")
    try expectRefusal(
      ["convert", "tiny-vit.h5", "-o", "tiny-vit.h5/x.vitq"], in: folder, status: 73,
      message: "tiny-vit.h5/x.vitq: 'tiny-vit.h5' is a file: expected a folder")
    try folder.write(Data("precious".utf8), as: "tiny-vit.vitq")
    try expectRefusal(
      ["convert", "tiny-vit.h5"], in: folder, status: 73, message: "exists and is no vitq model")
    #expect(
      try Data(contentsOf: folder.url.appendingPathComponent("tiny-vit.vitq"))
        == Data("precious".utf8))
  }

  @Test func refusesToConvertAModel() throws {
    let folder = try TemporaryFolder()
    let checkpoint = Self.model.appendingPathComponent("tiny-vit.h5").path
    let convert = try CommandRun(["convert", checkpoint], in: folder.url)
    #expect(convert.status == 0, "\(convert.errors)")
    try expectRefusal(
      ["convert", "tiny-vit.vitq"], in: folder, status: 65,
      message: "tiny-vit.vitq: already a vitq model")
  }

  private func prepareModel(in folder: TemporaryFolder) throws {
    try folder.write(Self.fixture("tiny-vit.h5"), as: "tiny-vit.h5")
    try folder.write(Self.image(), as: "image.png")
    for command in [
      ["convert", "tiny-vit.h5"],
      ["quantize", "--data-free", "--method", "noise", "--images", "2", "-w", "8", "-a", "8"],
    ] {
      let run = try CommandRun(command, in: folder.url)
      #expect(run.status == 0, "\(run.errors)")
    }
  }

  private func expectRefusal(
    _ command: [String], in folder: TemporaryFolder, status: Int32, message: String
  ) throws {
    let before = try folder.names
    let run = try CommandRun(command, in: folder.url)
    #expect(run.status == status, "\(command): \(run.errors)")
    let lines = run.errors.split(separator: "\n").filter { !$0.hasPrefix("using ") }
    #expect(lines.count == 1, "\(run.errors)")
    #expect(lines.first?.hasPrefix("vitq: ") == true, "\(run.errors)")
    #expect(run.errors.contains(message), "\(run.errors)")
    #expect(run.output.isEmpty)
    #expect(try folder.names == before)
  }
}
