import Foundation
import Testing

/// Outputs do not replace the model, one another, or files that vitq did not make.
@Suite(.serialized) struct OutputPathTests {
  private static let fixture = CommandRun.package.appendingPathComponent("fixtures/tiny-vit")
  private static let run = ["--images", "2", "--steps", "3", "-q"]

  /// A folder with the model, links to it, and a text.
  private func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder.withModel()
    let manager = FileManager.default
    func path(_ name: String) -> String { folder.url.appendingPathComponent(name).path }
    try manager.createDirectory(atPath: path("sub"), withIntermediateDirectories: false)
    try manager.createSymbolicLink(atPath: path("link.vitq"), withDestinationPath: "tiny-vit.vitq")
    try manager.createSymbolicLink(atPath: path("here"), withDestinationPath: ".")
    try folder.write(Data("notes".utf8), as: "notes.txt")
    return folder
  }

  private func contents(of folder: TemporaryFolder) throws -> [String: Data] {
    var contents: [String: Data] = [:]
    for name in try folder.names {
      contents[name] = (try? Data(contentsOf: folder.url.appendingPathComponent(name))) ?? Data()
    }
    return contents
  }

  private func expectRefusal(
    _ command: [String], in folder: TemporaryFolder, status: Int32, message: String
  ) throws {
    let before = try contents(of: folder)
    let run = try CommandRun(command, in: folder.url)
    #expect(run.status == status, "\(command): \(run.errors)")
    #expect(run.errors == "vitq: \(message)\n")
    #expect(run.output.isEmpty)
    #expect(try contents(of: folder) == before, "\(command)")
  }

  @Test func photographsThatAreNotThereAreMissedBeforeTheRun() throws {
    try expectRefusal(
      ["quantize", "tiny-vit.vitq", "--data-free", "--report", "r.html", "--report-accuracy", "no"]
        + Self.run, in: try folder(), status: 66, message: "no: no such file or folder")
  }

  /// Photographs that the report is to state accuracy of are opened before the run too.
  @Test(
    arguments: [
      ("absent.png", 66, "absent.png: image: cannot open"),
      ("notes.txt", 65, "notes.txt: image: format not recognised"),
      ("cut.png", 65, "cut.png: PNG chunk 'IDAT'"),
    ] as [(String, Int32, String)])
  func photographsThatCannotBeReadAreMissedBeforeTheRun(
    _ name: String, _ status: Int32, _ message: String
  ) throws {
    let folder = try folder()
    let images = Self.fixture.appendingPathComponent("images")
    let photograph = try #require(
      FileManager.default.contentsOfDirectory(atPath: images.path).first { $0.hasSuffix(".png") })
    let bytes = try Data(contentsOf: images.appendingPathComponent(photograph))
    try folder.write(bytes, as: "whole.png")
    try folder.write(bytes.prefix(bytes.count / 2), as: "cut.png")
    try folder.write(Data("whole.png,0\n\(name),1\n".utf8), as: "labels.csv")
    let before = try contents(of: folder)
    let run = try CommandRun(
      [
        "quantize", "tiny-vit.vitq", "--data-free", "--report", "r.html", "--report-accuracy",
        "labels.csv",
      ] + Self.run, in: folder.url)
    #expect(run.status == status, "\(run.errors)")
    #expect(run.errors.hasPrefix("vitq: \(message)"), "\(run.errors)")
    #expect(try contents(of: folder) == before)
  }

  /// What a run refuses before its work is refused where it is only planned.
  @Test func aDryRunLooksAtPathsAndFolders() throws {
    let folder = try folder()
    try folder.write(Data("photo".utf8), as: "sub/holiday.txt")
    let quantize = ["quantize", "tiny-vit.vitq"]
    let dataFree = quantize + ["--data-free"]
    let synthesize = ["synthesize", "tiny-vit.vitq"]
    let isThere = "exists already; choose another name or pass --force"
    let noJournal =
      "sub: the folder is not a synthesis journal: expected a new or empty folder, or one with a "
      + "file 'plan' that vitq wrote, found other files"
    let cases: [(command: [String], status: Int32, message: String)] = [
      (
        quantize + ["--calib", "absent"], 66, "absent: expected a folder that can be read"
      ),
      (quantize + ["--calib", "sub"], 66, "sub: expected PNG or JPEG images, found none"),
      (
        dataFree + ["-o", "absent/a.vitq"], 73, "absent/a.vitq: the folder 'absent' does not exist"
      ),
      (
        dataFree + ["-o", "notes.txt"], 73,
        "notes.txt: exists and is no vitq model; choose another name with --output or pass --force"
      ),
      (dataFree + ["--report", "notes.txt"], 73, "notes.txt: \(isThere)"),
      (dataFree + ["--contact-sheet", "notes.txt"], 73, "notes.txt: \(isThere)"),
      (
        dataFree + ["--work-dir", "absent/w"], 73,
        "absent/w: the folder 'absent' does not exist"
      ),
      (dataFree + ["--work-dir", "sub"], 73, noJournal),
      (
        dataFree + ["--report", "r.html", "--report-accuracy", "no"], 66,
        "no: no such file or folder"
      ),
      (synthesize + ["-o", "absent/w"], 73, "absent/w: the folder 'absent' does not exist"),
      (synthesize + ["-o", "sub"], 73, noJournal),
    ]
    for (command, status, message) in cases {
      for plan in [[], ["--dry-run"]] {
        try expectRefusal(
          command + plan + ["-q"], in: folder, status: status, message: message)
      }
    }
  }

  @Test func scoresInTheWrongOrderAreRefused() throws {
    try expectRefusal(
      [
        "quantize", "tiny-vit.vitq", "--data-free", "--method", "sardfq",
        "--set", "images.soft-labels.lowest=12",
      ] + Self.run, in: try folder(), status: 78,
      message: "recipe: option 'highest soft label score': out of range: "
        + "expected a number of 12.0 to 80, found 10.0")
  }

  /// The model of a folder is named after it, however the folder is written.
  @Test func aModelOfThisFolderHasItsName() throws {
    let folder = try TemporaryFolder()
    let checkpoint = folder.url.appendingPathComponent("net")
    let manager = FileManager.default
    try manager.createDirectory(at: checkpoint, withIntermediateDirectories: false)
    for name in ["config.json", "model.safetensors"] {
      try manager.copyItem(
        at: Self.fixture.appendingPathComponent(name), to: checkpoint.appendingPathComponent(name))
    }
    let run = try CommandRun(["convert", ".", "-q"], in: checkpoint)
    #expect(run.status == 0, "\(run.errors)")
    #expect(manager.fileExists(atPath: checkpoint.appendingPathComponent("net.vitq").path))
  }

  @Test func outputsThatAreOneFileAreRefused() throws {
    let folder = try folder()
    let cases: [(options: [String], path: String, role: String, other: String)] = [
      (["-o", "tiny-vit.vitq"], "tiny-vit.vitq", "--output", "the model"),
      (["-o", "sub/../tiny-vit.vitq"], "sub/../tiny-vit.vitq", "--output", "the model"),
      (["-o", "link.vitq"], "link.vitq", "--output", "the model"),
      (["-o", "here/tiny-vit.vitq"], "here/tiny-vit.vitq", "--output", "the model"),
      (["--report", "tiny-vit.vitq"], "tiny-vit.vitq", "--report", "the model"),
      (["-o", "q.vitq", "--save-graph", "q.vitq"], "q.vitq", "--save-graph", "--output"),
      (["-o", "q.vitq", "--save-graph", "here/q.vitq"], "here/q.vitq", "--save-graph", "--output"),
      (["-o", "q.vitq", "--report", "./q.vitq"], "./q.vitq", "--report", "--output"),
      (["--save-graph", "g", "--report", "g"], "g", "--report", "--save-graph"),
      (["--report", "r", "--contact-sheet", "r"], "r", "--contact-sheet", "--report"),
      (["-o", "tiny-vit.images.png"], "tiny-vit.images.png", "--contact-sheet", "--output"),
      (["-o", "w", "--work-dir", "w"], "w", "--work-dir", "--output"),
    ]
    for (options, path, role, other) in cases {
      for force in [[], ["--force"]] {
        try expectRefusal(
          ["quantize", "tiny-vit.vitq", "--data-free"] + Self.run + options + force, in: folder,
          status: 64,
          message: "\(path): \(role): expected a file of its own, found that of \(other)")
      }
    }
    try expectRefusal(
      ["quantize", "link.vitq", "--data-free", "-o", "tiny-vit.vitq"] + Self.run, in: folder,
      status: 64,
      message: "tiny-vit.vitq: --output: expected a file of its own, found that of the model")
  }

  @Test func filesOfOthersAreReplacedByForceAlone() throws {
    let folder = try folder()
    let quantize = ["quantize", "tiny-vit.vitq", "--data-free", "-o", "q.vitq"] + Self.run
    let images = Self.fixture.path
    let eval = ["eval", images, "-m", "tiny-vit.vitq", "--limit", "2", "-q"]
    for path in ["sub/block.3.npy", "sub/notes"] {
      try folder.write(Data("notes".utf8), as: path)
    }
    let cases: [(command: [String], option: String, value: String, path: String)] = [
      (quantize, "--report", "notes.txt", "notes.txt"),
      (quantize, "--contact-sheet", "notes.txt", "notes.txt"),
      (eval, "--logits", "notes.txt", "notes.txt"),
      (eval, "--blocks", "sub", "sub/block.3.npy"),
    ]
    for (words, option, value, path) in cases {
      let command = words + [option, value]
      try expectRefusal(
        command, in: folder, status: 73,
        message: "\(path): exists already; choose another name or pass --force")
      let forced = try CommandRun(command + ["--force"], in: folder.url)
      #expect(forced.status == 0, "\(command): \(forced.errors)")
      let url = folder.url.appendingPathComponent(path)
      #expect(try Data(contentsOf: url) != Data("notes".utf8), "\(command)")
      try folder.write(Data("notes".utf8), as: path)
    }
    #expect(
      try Data(contentsOf: folder.url.appendingPathComponent("sub/notes")) == Data("notes".utf8))
  }

  @Test func evalLooksAtItsOutputsFirst() throws {
    let folder = try folder()
    // No image is looked at: the list of them does not exist.
    let eval = ["eval", "absent", "-m", "tiny-vit.vitq", "-q"]
    try expectRefusal(
      eval + ["--logits", "tiny-vit.vitq", "--force"], in: folder, status: 64,
      message: "tiny-vit.vitq: --logits: expected a file of its own, found that of the model")
    try expectRefusal(
      eval + ["--logits", "absent/l.npy"], in: folder, status: 73,
      message: "absent/l.npy: the folder 'absent' does not exist")
    try expectRefusal(
      eval + ["--logits", "sub"], in: folder, status: 73,
      message: "sub: is a folder: expected a file")
    try expectRefusal(
      eval + ["--blocks", "absent"], in: folder, status: 73,
      message: "absent/block.0.npy: the folder 'absent' does not exist")
    try expectRefusal(
      eval + ["--blocks", "notes.txt"], in: folder, status: 73,
      message: "notes.txt/block.0.npy: 'notes.txt' is a file: expected a folder")
  }

  /// Where there was no run before, a file of the name that a sheet has by default is the user's.
  @Test func aSheetOfNoRunIsReplacedByForceAlone() throws {
    let folder = try folder()
    try folder.write(Data("precious".utf8), as: "tiny-vit.images.png")
    let command = ["quantize", "tiny-vit.vitq", "--data-free"] + Self.run
    try expectRefusal(
      command, in: folder, status: 73,
      message: "tiny-vit.images.png: exists already; choose another name or pass --force")
    let forced = try CommandRun(command + ["--force"], in: folder.url)
    #expect(forced.status == 0, "\(forced.errors)")
    let sheet = folder.url.appendingPathComponent("tiny-vit.images.png")
    #expect(try Data(contentsOf: sheet) != Data("precious".utf8))
  }

  /// The same command again replaces what it made by default, and a sheet that is named as the
  /// default is.
  @Test func defaultsCanBeMadeAgain() throws {
    let folder = try folder()
    for sheet in [[], [], ["--contact-sheet", "here/tiny-vit.images.png"]] {
      let run = try CommandRun(
        ["quantize", "tiny-vit.vitq", "--data-free"] + Self.run + sheet, in: folder.url)
      #expect(run.status == 0, "\(run.errors)")
    }
    for _ in 1...2 {
      let run = try CommandRun(
        ["quantize", "tiny-vit.vitq", "--data-free", "--work-dir", "w"] + Self.run
          + ["--contact-sheet", "w/sheet.png", "--force"], in: folder.url)
      #expect(run.status == 0, "\(run.errors)")
    }
  }
}
