import VitqImage

/// The models of timm's that a name is enough to identify.
///
/// A state dict does not tell the number of heads, the epsilon of layer normalisation, the form of
/// GELU, the pooling or the preprocessing. They come from the file's configuration, or from here
/// by name; never from a rule such as 64 channels a head, which some models break.
package enum ArchitectureCatalog {
  /// The entry of timm's model `name`, with or without a tag, or of an alias.
  package static func entry(named name: String) -> ArchitectureEntry? {
    let name = canonical(name)
    return all.first { $0.name == name }
  }

  /// `name` without the tag that says which weights: `deit_tiny_patch16_224.fb_in1k`.
  package static func untagged(_ name: String) -> String {
    String(name.prefix { $0 != "." })
  }

  /// timm's name, without a tag, of a model that `name` may be an alias of.
  package static func canonical(_ name: String) -> String {
    let name = untagged(name)
    return aliases[name] ?? name
  }

  /// The short name of a model, if it has one.
  package static func alias(of entry: ArchitectureEntry) -> String? {
    aliases.first { $0.value == entry.name }?.key
  }

  /// The names that papers use.
  package static let aliases = [
    "deit_t": "deit_tiny_patch16_224", "deit_s": "deit_small_patch16_224",
    "deit_b": "deit_base_patch16_224", "deit_t_distilled": "deit_tiny_distilled_patch16_224",
    "deit_s_distilled": "deit_small_distilled_patch16_224",
    "deit_b_distilled": "deit_base_distilled_patch16_224",
    "deit3_s": "deit3_small_patch16_224", "deit3_m": "deit3_medium_patch16_224",
    "deit3_b": "deit3_base_patch16_224", "deit3_l": "deit3_large_patch16_224",
    "vit_t": "vit_tiny_patch16_224", "vit_s": "vit_small_patch16_224",
    "vit_b": "vit_base_patch16_224", "vit_l": "vit_large_patch16_224",
    "swin_t": "swin_tiny_patch4_window7_224", "swin_s": "swin_small_patch4_window7_224",
    "swin_b": "swin_base_patch4_window7_224", "swin_l": "swin_large_patch4_window7_224",
  ]

  /// The family of a model by its name, if it is one that is known and not supported.
  package static func unsupportedFamily(of name: String) -> String? {
    unsupportedFamilies.first { untagged(name).hasPrefix($0.prefix) }?.family
  }

  /// Names of families by what timm's names begin with, the longer beginning first.
  private static let unsupportedFamilies: [(prefix: String, family: String)] = [
    ("swinv2_cr", "SwinV2-CR"), ("swinv2", "SwinV2"), ("beitv2", "BEiT v2"), ("beit3", "BEiT-3"),
    ("beit", "BEiT"), ("eva02", "EVA"), ("eva_giant", "EVA"),
    ("vit_relpos", "ViT with relative positions"),
    ("vit_srelpos", "ViT with relative positions"), ("vitamin", "ViTamin"), ("cait", "CaiT"),
    ("xcit", "XCiT"), ("crossvit", "CrossViT"), ("pit_", "PiT"), ("convit", "ConViT"),
    ("tnt_", "TNT"), ("mvitv2", "MViTv2"), ("volo", "VOLO"), ("coat_", "CoaT"),
    ("twins", "Twins"), ("visformer", "Visformer"), ("levit", "LeViT"), ("maxvit", "MaxViT"),
    ("hiera", "Hiera"), ("davit", "DaViT"), ("naflexvit", "NaFlexViT"), ("samvit", "SAM's ViT"),
    ("pvt_", "PVT"), ("nest_", "NesT"),
  ]
}
