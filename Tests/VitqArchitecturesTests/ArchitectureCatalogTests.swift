import Testing
import VitqArchitectures
import VitqImage
import VitqOps

struct ArchitectureCatalogTests {
  @Test func namesAreUnique() {
    #expect(Set(ArchitectureCatalog.all.map(\.name)).count == ArchitectureCatalog.all.count)
  }

  @Test(arguments: ArchitectureCatalog.all)
  func sizesFitTogether(_ entry: ArchitectureEntry) {
    for (stage, headCount) in entry.size.headCounts.enumerated() {
      #expect((entry.size.width << stage).isMultiple(of: headCount))
    }
    #expect(entry.size.depths.count == entry.size.headCounts.count)
    #expect(entry.preprocessing.inputHeight.isMultiple(of: entry.patchSide))
    switch entry.traits.attention {
    case .global(let headCount): #expect(entry.size.headCounts == [headCount])
    case .windowed: #expect(entry.windowSides.count == entry.size.depths.count)
    }
  }

  @Test func aliasesNameEntriesAndNoEntryHasTwo() {
    let aliases = ArchitectureCatalog.aliases
    #expect(
      aliases.values.allSatisfy { name in ArchitectureCatalog.all.contains { $0.name == name } })
    #expect(Set(aliases.values).count == aliases.count)
    #expect(ArchitectureCatalog.entry(named: "swin_t")?.name == "swin_tiny_patch4_window7_224")
    #expect(
      ArchitectureCatalog.entry(named: "swin_t").flatMap(ArchitectureCatalog.alias) == "swin_t")
  }

  @Test func noEntryIsOfAnUnsupportedFamily() {
    for entry in ArchitectureCatalog.all {
      #expect(ArchitectureCatalog.unsupportedFamily(of: entry.name) == nil)
    }
  }

  @Test(
    arguments: [
      ("swinv2_base_window8_256.ms_in1k", "SwinV2"), ("swinv2_cr_tiny_224", "SwinV2-CR"),
      ("beit_base_patch16_224", "BEiT"), ("eva02_tiny_patch14_224", "EVA"),
      ("vit_relpos_small_patch16_224", "ViT with relative positions"),
    ])
  func knowsFamiliesThatItDoesNotBuild(_ name: String, _ family: String) {
    #expect(ArchitectureCatalog.unsupportedFamily(of: name) == family)
  }

  @Test func findsAnEntryByNameWithATag() throws {
    let entry = try #require(
      ArchitectureCatalog.entry(named: "deit_tiny_patch16_224.fb_in1k"))
    #expect(
      entry.traits
        == ModelTraits(
          attention: .global(headCount: 3), epsilon: 1e-6, activation: .erf, pooling: .token))
    #expect(entry.preprocessing.mean == [0.485, 0.456, 0.406])
    #expect(entry.preprocessing.cropFraction == 0.9)
  }

  @Test func knowsTheModelWhoseHeadsAreNot64Wide() {
    #expect(
      ArchitectureCatalog.entry(named: "vit_base_patch16_gap_224")?.traits.attention
        == .global(headCount: 16))
  }

  @Test(arguments: [
    "vit_base_patch16_rpn_224", "vit_base_patch16_clip_quickgelu_224", "swinv2_tiny_window8_256",
    "resnet50",
  ])
  func leavesOutWhatANameCannotDescribe(_ name: String) {
    #expect(ArchitectureCatalog.entry(named: name) == nil)
  }
}
