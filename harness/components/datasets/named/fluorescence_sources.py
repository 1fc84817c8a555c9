"""Where the fluorescence data sets come from, and their sha256.

It is None where an archive is packed on demand.
"""

SOURCES = {
    "bbbc039": [
        {
            "url": "https://data.broadinstitute.org/bbbc/BBBC039/images.zip",
            "unpack": "zip",
            "sha256": "6f30a5d4fe38c928ded972704f085975f8dc0d65d9aa366df00e5a9d449fddd7",
        },
        {
            "url": "https://data.broadinstitute.org/bbbc/BBBC039/masks.zip",
            "unpack": "zip",
            "sha256": "f9e6043d8ca56344a4886f96a700d804d6ee982f31e2b2cd3194af2a053c2710",
        },
        {
            "url": "https://data.broadinstitute.org/bbbc/BBBC039/metadata.zip",
            "unpack": "zip",
            "sha256": "a2c1f900bed9ba92a99553efd4c2ae98598433691c7401d818653ab61110deb2",
        },
    ],
    "dsb2018": [
        {
            "url": "https://github.com/stardist/stardist/releases/download/0.1.0/dsb2018.zip",
            "unpack": "zip",
            "sha256": "e44921950edce378063aa4457e625581ba35b4c2dbd9a07c19d48900129f386f",
        },
    ],
    "hoechst": [
        {
            "url": "https://zenodo.org/records/6657260/files/training_nuclei.zip",
            "unpack": "zip",
            "sha256": "df075941f4e561f9ef82d4c48d22cf97e3627a0b63fa136675197614813fff90",
        },
        {
            "url": "https://zenodo.org/records/6657260/files/development_nuclei.zip",
            "unpack": "zip",
            "sha256": "722530a93fd5b67f61d52964651c715be6227c1c0508c4c95ef2b04b52fc1dd1",
        },
        {
            "url": "https://zenodo.org/records/6657260/files/test_nuclei.zip",
            "unpack": "zip",
            "sha256": "377dc719c4eaf9bfa30273f7e3a4042d98dbbfc4a1c4af2a467879237bff592f",
        },
    ],
    "helacytonuc": [
        {
            "url": "https://rodare.hzdr.de/api/files/fae71336-c6d2-45b2-ae65-416c8f57b5a0/"
            "HeLaCytoNuc_train.zip",
            "unpack": "zip",
            "into": "train",
            "sha256": "9241233246977df5b177f038257855773996ed4cdb5682f86d3a9d3f127970f3",
        },
        {
            "url": "https://rodare.hzdr.de/api/files/fae71336-c6d2-45b2-ae65-416c8f57b5a0/"
            "HeLaCytoNuc_validation.zip",
            "unpack": "zip",
            "into": "validation",
            "sha256": "37c4c0904db2146620d5f9b4df4c116768712dafead8c8008b38f249a034bc8b",
        },
        {
            "url": "https://rodare.hzdr.de/api/files/fae71336-c6d2-45b2-ae65-416c8f57b5a0/"
            "HeLaCytoNuc_test.zip",
            "unpack": "zip",
            "into": "test",
            "sha256": "9f50e9b5df435cafb95d3434571df5cf70e0af387f5cdeb06081fb521f5ded0e",
        },
    ],
    "sbiad895": [
        {
            "url": "https://zenodo.org/records/3715492/files/Stardist_v2.zip?download=1",
            "unpack": "zip",
            "sha256": "aec767afae76942b7c97e31c500284f8b5862150d8e81b57f513e66d7258c05e",
        },
    ],
    "sbiad634": [
        {
            "url": "https://www.ebi.ac.uk/biostudies/files/S-BSST265/dataset.zip",
            "unpack": "zip",
            "sha256": "8285987ed4d57c46a46a55a33c1c085875ea41f429b59cde31d249741aa07ad1",
        },
    ],
    "sbiad1026": [
        {
            "url": "https://www.ebi.ac.uk/biostudies/files/S-BIAD1026/Nuclei_training_segmentation/"
            "Training%20image%20dataset_Tiff%20Files.zip",
            "unpack": "zip",
            "sha256": "b103388a4aed01c7aadb2d5f49392d2dd08dd7cbeb2357b0c56355384ebb93a9",
        },
    ],
    "flywing": [
        {
            "url": "https://zenodo.org/api/records/5156991/files/Flywing_n0.zip/content",
            "unpack": "zip",
            "sha256": "3fb49ba44e7e3e20b4fc3c77754f1bbff7184af7f343f23653f258d50e5d5aca",
        },
    ],
    "ovules": [
        {
            "url": "https://files.de-1.osf.io/v1/resources/x9yns/providers/osfstorage/?zip=",
            "unpack": "zip",
            "into": "train",
            "sha256": None,
        },
        {
            "url": "https://files.de-1.osf.io/v1/resources/xp5uf/providers/osfstorage/?zip=",
            "unpack": "zip",
            "into": "validation",
            "sha256": None,
        },
        {
            "url": "https://files.de-1.osf.io/v1/resources/8jz7e/providers/osfstorage/?zip=",
            "unpack": "zip",
            "into": "test",
            "sha256": None,
        },
    ],
    "pnas": [
        {
            "url": "https://www.repository.cam.ac.uk/bitstream/handle/1810/262530/"
            "PNAS.zip?sequence=4&isAllowed=y",
            "unpack": "zip",
            "sha256": "39341398389baf6d93c3f652b7e2e8aedc5579c29dfaf2b82b41ebfc3caa05c4",
        },
    ],
}
