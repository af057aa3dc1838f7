// Made by scripts/generate-image-registries.mjs from image_uri_config of the SageMaker Python SDK 2.257.0, 2026-11-28.

/** Accounts by region: each table is one that several registries share. */
export const accountTables: readonly Readonly<Record<string, string>>[] = [
  {"af-south-1":"455444449433","ap-east-1":"286214385809","ap-northeast-1":"501404015308","ap-northeast-2":"306986355934","ap-northeast-3":"867004704886","ap-south-1":"991648021394","ap-south-2":"628508329040","ap-southeast-1":"475088953585","ap-southeast-2":"544295431143","ap-southeast-3":"951798379941","ap-southeast-4":"106583098589","ca-central-1":"469771592824","ca-west-1":"190319476487","cn-north-1":"390948362332","cn-northwest-1":"387376663083","eu-central-1":"813361260812","eu-central-2":"680994064768","eu-north-1":"669576153137","eu-south-1":"257386234256","eu-south-2":"104374241257","eu-west-1":"685385470294","eu-west-2":"644912444149","eu-west-3":"749696950732","il-central-1":"898809789911","me-central-1":"272398656194","me-south-1":"249704162688","sa-east-1":"855470959533","us-east-1":"811284229777","us-east-2":"825641698319","us-gov-east-1":"237065988967","us-gov-west-1":"226302683700","us-iso-east-1":"490574956308","us-isob-east-1":"765400339828","us-isof-east-1":"108575199400","us-isof-south-1":"124985052026","us-west-1":"632365934929","us-west-2":"433757028032"},
  {"af-south-1":"455444449433","ap-east-1":"286214385809","ap-northeast-1":"351501993468","ap-northeast-2":"835164637446","ap-northeast-3":"867004704886","ap-south-1":"991648021394","ap-south-2":"628508329040","ap-southeast-1":"475088953585","ap-southeast-2":"712309505854","ap-southeast-3":"951798379941","ap-southeast-4":"106583098589","ca-central-1":"469771592824","ca-west-1":"190319476487","cn-north-1":"390948362332","cn-northwest-1":"387376663083","eu-central-1":"664544806723","eu-central-2":"680994064768","eu-north-1":"669576153137","eu-south-1":"257386234256","eu-south-2":"104374241257","eu-west-1":"438346466558","eu-west-2":"644912444149","eu-west-3":"749696950732","il-central-1":"898809789911","me-central-1":"272398656194","me-south-1":"249704162688","sa-east-1":"855470959533","us-east-1":"382416733822","us-east-2":"404615174143","us-gov-east-1":"237065988967","us-gov-west-1":"226302683700","us-iso-east-1":"490574956308","us-isob-east-1":"765400339828","us-isof-east-1":"108575199400","us-isof-south-1":"124985052026","us-west-1":"632365934929","us-west-2":"174872318107"},
  {"af-south-1":"455444449433","ap-east-1":"286214385809","ap-northeast-1":"633353088612","ap-northeast-2":"204372634319","ap-northeast-3":"867004704886","ap-south-1":"991648021394","ap-south-2":"628508329040","ap-southeast-1":"475088953585","ap-southeast-2":"514117268639","ap-southeast-3":"951798379941","ap-southeast-4":"106583098589","ca-central-1":"469771592824","ca-west-1":"190319476487","cn-north-1":"390948362332","cn-northwest-1":"387376663083","eu-central-1":"495149712605","eu-central-2":"680994064768","eu-north-1":"669576153137","eu-south-1":"257386234256","eu-south-2":"104374241257","eu-west-1":"224300973850","eu-west-2":"644912444149","eu-west-3":"749696950732","il-central-1":"898809789911","me-central-1":"272398656194","me-south-1":"249704162688","sa-east-1":"855470959533","us-east-1":"522234722520","us-east-2":"566113047672","us-gov-east-1":"237065988967","us-gov-west-1":"226302683700","us-iso-east-1":"490574956308","us-isob-east-1":"765400339828","us-isof-east-1":"108575199400","us-isof-south-1":"124985052026","us-west-1":"632365934929","us-west-2":"156387875391"},
  {"ap-northeast-1":"258307448986","ap-northeast-2":"293181348795","ap-south-1":"991648021394","ap-southeast-1":"475088953585","ap-southeast-2":"297031611018","ca-central-1":"469771592824","eu-central-1":"353608530281","eu-west-1":"999678624901","eu-west-2":"644912444149","us-east-1":"766337827248","us-east-2":"999911452149","us-gov-west-1":"226302683700","us-iso-east-1":"490574956308","us-isob-east-1":"765400339828","us-west-1":"632365934929","us-west-2":"266724342769"},
  {"af-south-1":"510948584623","ap-east-1":"651117190479","ap-northeast-1":"354813040037","ap-northeast-2":"366743142698","ap-northeast-3":"867004704886","ap-south-1":"720646828776","ap-south-2":"628508329040","ap-southeast-1":"121021644041","ap-southeast-2":"783357654285","ap-southeast-3":"951798379941","ap-southeast-4":"106583098589","ca-central-1":"341280168497","ca-west-1":"190319476487","cn-north-1":"450853457545","cn-northwest-1":"451049120500","eu-central-1":"492215442770","eu-central-2":"680994064768","eu-north-1":"662702820516","eu-south-1":"978288397137","eu-south-2":"104374241257","eu-west-1":"141502667606","eu-west-2":"764974769150","eu-west-3":"659782779980","il-central-1":"898809789911","me-central-1":"272398656194","me-south-1":"801668240914","sa-east-1":"737474898029","us-east-1":"683313688378","us-east-2":"257758044811","us-gov-east-1":"237065988967","us-gov-west-1":"414596584902","us-iso-east-1":"833128469047","us-isob-east-1":"281123927165","us-isof-east-1":"108575199400","us-isof-south-1":"124985052026","us-west-1":"746614075791","us-west-2":"246618743249"},
  {"af-south-1":"626614931356","ap-east-1":"871362719292","ap-east-2":"975050140332","ap-northeast-1":"763104351884","ap-northeast-2":"763104351884","ap-northeast-3":"364406365360","ap-south-1":"763104351884","ap-south-2":"772153158452","ap-southeast-1":"763104351884","ap-southeast-2":"763104351884","ap-southeast-3":"907027046896","ap-southeast-4":"457447274322","ap-southeast-5":"550225433462","ap-southeast-6":"633930458069","ap-southeast-7":"590183813437","ca-central-1":"763104351884","ca-west-1":"204538143572","cn-north-1":"727897471807","cn-northwest-1":"727897471807","eu-central-1":"763104351884","eu-central-2":"380420809688","eu-north-1":"763104351884","eu-south-1":"692866216735","eu-south-2":"503227376785","eu-west-1":"763104351884","eu-west-2":"763104351884","eu-west-3":"763104351884","il-central-1":"780543022126","me-central-1":"914824155844","me-south-1":"217643126080","mx-central-1":"637423239942","sa-east-1":"763104351884","us-east-1":"763104351884","us-east-2":"763104351884","us-gov-east-1":"446045086412","us-gov-west-1":"442386744353","us-west-1":"763104351884","us-west-2":"763104351884"},
  {"af-south-1":"626614931356","ap-east-1":"871362719292","ap-northeast-1":"763104351884","ap-northeast-2":"763104351884","ap-northeast-3":"364406365360","ap-south-1":"763104351884","ap-southeast-1":"763104351884","ap-southeast-2":"763104351884","ap-southeast-3":"907027046896","ca-central-1":"763104351884","ca-west-1":"204538143572","cn-north-1":"727897471807","cn-northwest-1":"727897471807","eu-central-1":"763104351884","eu-north-1":"763104351884","eu-south-1":"692866216735","eu-west-1":"763104351884","eu-west-2":"763104351884","eu-west-3":"763104351884","il-central-1":"780543022126","me-central-1":"914824155844","me-south-1":"217643126080","sa-east-1":"763104351884","us-east-1":"763104351884","us-east-2":"763104351884","us-gov-east-1":"446045086412","us-gov-west-1":"442386744353","us-iso-east-1":"886529160074","us-isob-east-1":"094389454867","us-west-1":"763104351884","us-west-2":"763104351884"},
  {"af-south-1":"309385258863","ap-east-1":"732049463269","ap-east-2":"533267296287","ap-northeast-1":"411782140378","ap-northeast-2":"860869212795","ap-northeast-3":"102471314380","ap-south-1":"105495057255","ap-south-2":"873151114052","ap-southeast-1":"759080221371","ap-southeast-2":"440695851116","ap-southeast-3":"800295151634","ap-southeast-4":"819679513684","ap-southeast-5":"841784149062","ap-southeast-7":"471112967968","ca-central-1":"446299261295","ca-west-1":"000907499111","cn-north-1":"671472414489","cn-northwest-1":"844356804704","eu-central-1":"906073651304","eu-central-2":"142351485170","eu-north-1":"330188676905","eu-south-1":"753923664805","eu-south-2":"833944533722","eu-west-1":"571004829621","eu-west-2":"836651553127","eu-west-3":"136845547031","il-central-1":"408426139102","me-central-1":"395420993607","me-south-1":"750251592176","mx-central-1":"211125459255","sa-east-1":"737130764395","us-east-1":"173754725891","us-east-2":"314815235551","us-gov-east-1":"260923028637","us-gov-west-1":"271483468897","us-west-1":"667973535471","us-west-2":"153931337802"},
];

/** The tables of frameworks. */
export const frameworkTables: Readonly<Record<string, number>> = {
  "scikit-learn": 4,
  "xgboost": 4,
  "pytorch": 5,
  "tensorflow": 5,
  "huggingface-pytorch": 6,
  "spark": 7
};

/** SageMaker's own algorithms: their repositories, tags and tables. */
export const algorithmImages: Readonly<
  Record<string, { readonly repository: string; readonly tag: string; readonly table: number }>
> = {
  "blazingtext": {
    "repository": "blazingtext",
    "tag": "1",
    "table": 0
  },
  "factorization-machines": {
    "repository": "factorization-machines",
    "tag": "1",
    "table": 1
  },
  "forecasting-deepar": {
    "repository": "forecasting-deepar",
    "tag": "1",
    "table": 2
  },
  "image-classification": {
    "repository": "image-classification",
    "tag": "1",
    "table": 0
  },
  "ipinsights": {
    "repository": "ipinsights",
    "tag": "1",
    "table": 1
  },
  "kmeans": {
    "repository": "kmeans",
    "tag": "1",
    "table": 1
  },
  "knn": {
    "repository": "knn",
    "tag": "1",
    "table": 1
  },
  "lda": {
    "repository": "lda",
    "tag": "1",
    "table": 3
  },
  "linear-learner": {
    "repository": "linear-learner",
    "tag": "1",
    "table": 1
  },
  "ntm": {
    "repository": "ntm",
    "tag": "1",
    "table": 1
  },
  "object-detection": {
    "repository": "object-detection",
    "tag": "1",
    "table": 0
  },
  "object2vec": {
    "repository": "object2vec",
    "tag": "1",
    "table": 1
  },
  "pca": {
    "repository": "pca",
    "tag": "1",
    "table": 1
  },
  "randomcutforest": {
    "repository": "randomcutforest",
    "tag": "1",
    "table": 1
  },
  "semantic-segmentation": {
    "repository": "semantic-segmentation",
    "tag": "1",
    "table": 0
  },
  "seq2seq": {
    "repository": "seq2seq",
    "tag": "1",
    "table": 0
  }
};
