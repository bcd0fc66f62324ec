// What fields are called that concern a person or a device, in the languages of makers and in their short forms. Data
// for identifiers.ts, which weighs the value as well. Keys are in the form of `normalKey`: lower case, no accents, no
// separators. Sources: SEEDS P15, the papers' own examples, and the words of settings and account pages in each language.
import type { RuleId } from '../rules.ts';

/** What a value must look like for its key to be believed; the functions are in field-values.ts. */
export type ValueForm =
  | 'any'
  | 'word'
  | 'token'
  | 'key'
  | 'email'
  | 'phone'
  | 'coordinate'
  | 'place'
  | 'postal'
  | 'street'
  | 'serial'
  | 'weight'
  | 'height'
  | 'age'
  | 'sex'
  | 'pulse'
  | 'birth'
  | 'measure'
  | 'person';

export interface FieldWords {
  readonly rule: RuleId;
  readonly form: ValueForm;
  readonly keys: string;
}

/** Words that say enough by themselves. In order: the first whose value fits names the field. */
export const PLAIN_WORDS: readonly FieldWords[] = [
  {
    rule: 'CRED-05',
    form: 'any',
    keys:
      'pass passwd password pwd passphrase psk wifipassword wifipwd wpakey presharedkey userpassword loginpassword ' +
      'adminpassword adminpass newpassword oldpassword pin pincode pw psw pswd passw passwrd passcode userpwd userpass upwd wpwd ' +
      'wifipass wifikey wifipsk wlanpwd wlankey wlanpassword appassword wpapsk wepkey networkkey networkpassword ' +
      'passwort kennwort losungswort wlanschluessel wlanpasswort netzwerkschluessel ' + // German
      'motdepasse mdp motpasse clewifi clereseau ' + // French
      'contrasena contrasenia clavewifi clavedeacceso ' + // Spanish
      'parolachiave parolaordine chiavewifi ' + // Italian
      'senha palavrapasse palavrachave senhawifi ' + // Portuguese
      'wachtwoord losenord adgangskode passord salasana haslo heslo sifre parola jelszo parole slaptazodis ' + // nl sv da no fi pl cs tr hu
      'mima koulin kouling wifimima denglumima пароль 密码 密碼 口令 パスワード 비밀번호',
  },
  {
    rule: 'CRED-05',
    form: 'token',
    keys:
      'token accesstoken refreshtoken idtoken authtoken usertoken sessiontoken apitoken apikey xapikey appkey appsecret ' +
      'secret secretkey clientsecret accesskey accesskeyid awsaccesskeyid signature sig xamzsignature xamzcredential ' +
      'xamzsecuritytoken securitytoken authkey authcode authorization credential privatekey localkey devicekey sessionkey ' +
      'sessionid jsessionid phpsessid sessid tkn tok atoken utoken stoken bearer jwt skey aeskey encryptkey jeton jetonacces ' +
      'zugangstoken zugriffstoken sitzungsschluessel geheimnis geheimschluessel cleapi claveapi chiaveapi chaveapi clesecrete ' +
      'clavesecreta chiavesegreta chavesecreta lingpai miyao 令牌 密钥 密鑰',
  },
  { rule: 'CRED-05', form: 'key', keys: 'ak sk tk sid auth key ckey ukey cle clave chiave chave schluessel clef' },
  {
    rule: 'PII-03',
    form: 'email',
    keys: 'email mail emailaddress useremail courriel correo correoelectronico posta epost youxiang 邮箱 メール 이메일',
  },
  {
    rule: 'PII-04',
    form: 'phone',
    keys:
      'phone phonenumber mobile mobilenumber cellphone tel telephone msisdn phoneno telno mobileno phn mob gsm ' +
      'telefon telefonnummer handy handynummer mobilnummer rufnummer telefono numerotelefono telefonomovil movil celular ' +
      'cellulare numerodetelephone numtel portable telefone telemovel telefoonnummer mobiel tlf shouji shoujihao dianhua ' +
      'телефон 手机 手机号 电话 手機 電話 전화번호',
  },
  {
    rule: 'PII-05',
    form: 'coordinate',
    keys:
      'lat latitude lon lng long longitude gps gpslat gpslon gpslng geolat geolon coordinates latlng ltd lgt ' +
      'breitengrad laengengrad breite laenge latitud longitud latitudine longitudine weidu jingdu широта долгота 纬度 经度 緯度 經度',
  },
  {
    rule: 'PII-05',
    form: 'place',
    keys: 'll loc location latlon position pos geo geoloc standort ubicacion posicion posizione localisation localizacao weizhi 位置',
  },
  {
    rule: 'PII-06',
    form: 'weight',
    keys: 'weight bodyweight gewicht koerpergewicht poids peso pesocorporal pesocorporeo waga vikt vaegt paino tizhong вес 体重 體重 몸무게',
  },
  {
    rule: 'PII-06',
    form: 'height',
    keys: 'height bodyheight groesse grosse koerpergroesse taille altura estatura altezza statura wzrost shengao рост 身高 키',
  },
  { rule: 'PII-06', form: 'age', keys: 'age alter edad eta idade leeftijd wiek nianling возраст 年龄 年齡 나이' },
  {
    rule: 'PII-06',
    form: 'sex',
    keys: 'sex gender geschlecht sexe sexo genero sesso genre geslacht plec xingbie пол 性别 性別 성별',
  },
  {
    rule: 'PII-06',
    form: 'birth',
    keys:
      'birthday birthdate birth dob dateofbirth birthyear yearofbirth bday geburtstag geburtsdatum geburtsjahr datenaissance ' +
      'datedenaissance naissance anniversaire fechanacimiento fechadenacimiento nacimiento cumpleanos datadinascita nascita ' +
      'compleanno datanascimento datadenascimento nascimento geboortedatum shengri chushengriqi 生日 出生日期 생년월일',
  },
  {
    rule: 'PII-06',
    form: 'pulse',
    keys:
      'heartrate pulse puls herzfrequenz frequencecardiaque rythmecardiaque pouls pulso frecuenciacardiaca ritmocardiaco ' +
      'frequenzacardiaca battito frequenciacardiaca hartslag xinlv xintiao 心率 心拍数',
  },
  {
    rule: 'PII-06',
    form: 'measure',
    keys:
      'bmi bodyfat fat fatratio bloodpressure systolic diastolic steps sleep bloodsugar bloodglucose glucose spo2 bodytemp ' +
      'bodytemperature muscle musclemass bonemass bodywater visceralfat bmr ' +
      'koerperfett fettanteil blutdruck blutzucker schritte schlaf koerpertemperatur ' +
      'massegrasse imc tensionarterielle glycemie sommeil nombredepas grasacorporal presionarterial pasos glucosa ' +
      'massagrassa pressionearteriosa glicemia passi sonno gordura pressaoarterial glicose passos sono ' +
      'tizhilv xueya xuetang xueyang bushu shuimian tiwen 体脂率 血压 血糖 步数 睡眠 体温',
  },
  {
    rule: 'PII-07',
    form: 'person',
    keys:
      'user username login userid useraccount account accountid firstname lastname surname fullname nickname realname ' +
      'owner ownername devicename usr uname usrname usernm userno acct acctid fname lname givenname familyname nick ' +
      'benutzer benutzername benutzerkonto nutzer nutzername anwender kundennummer kundennr kontonummer vorname nachname ' +
      'familienname besitzer utilisateur nomutilisateur nomdutilisateur identifiant prenom nomdefamille numeroclient pseudo ' +
      'proprietaire usuario nombreusuario nombredeusuario nombrecompleto apellido apellidos propietario utente nomeutente ' +
      'cognome nomecompleto proprietario utilizador nomeusuario nomedeusuario sobrenome apelido gebruiker gebruikersnaam ' +
      'voornaam achternaam uzytkownik imie nazwisko yonghu yonghuming xingming zhanghao nicheng логин имя фамилия ' +
      '用户 用户名 姓名 账号 昵称 用戶名 帳號 氏名 이름 사용자',
  },
  {
    rule: 'PII-08',
    form: 'postal',
    keys: 'zip zipcode postcode postalcode postal plz postleitzahl codepostal codigopostal codpostal codicepostale cap cep youbian 邮编 郵便番号 우편번호',
  },
  {
    rule: 'PII-08',
    form: 'street',
    keys:
      'street address streetaddress homeaddress strasse anschrift adresse wohnort rue calle direccion domicilio indirizzo via rua ' +
      'endereco morada straat adres dizhi адрес 地址 住址 住所 주소',
  },
  {
    rule: 'PII-02',
    form: 'serial',
    keys:
      'serial serialnumber serialno serialnum sn deviceserial deviceid devid did hwid hardwareid imei imsi iccid udid uuid ' +
      'uniqueid mydeviceid bridgeid sno srl serno devsn devicesn dsn devno deviceno guid cpuid chipid boardid productsn ' +
      'seriennummer seriennr geraetenummer geraeteid geraetenr numerodeserie numeroserie noserie numserie idappareil ' +
      'iddispositivo numerodiserie numeroseriale matricola serienummer serialeid xuliehao shebeihao shebeiid 序列号 设备号 设备id 裝置id',
  },
  {
    rule: 'PII-10',
    form: 'any',
    keys:
      'ssid essid bssid wifissid wifiname networkname apname wlanname wlanssid netzwerkname nomreseau nomdureseau nomwifi ' +
      'nombrered nombrewifi redwifi nomerete nomewifi nomerede wifimingcheng wifi名称',
  },
];

/** Short forms that mean something else as often: believed where a message has two of them, or one next to a plain word. */
export const SHORT_WORDS: readonly FieldWords[] = [
  { rule: 'PII-06', form: 'weight', keys: 'wt wgt wght bw wei kg tz gew' },
  { rule: 'PII-06', form: 'height', keys: 'ht hgt hght hei cm sg gr alt' },
  { rule: 'PII-06', form: 'age', keys: 'agt ag yrs nl' },
  { rule: 'PII-06', form: 'sex', keys: 'sx gndr gdr gen xb' },
  { rule: 'PII-06', form: 'birth', keys: 'bd yob bdate birthd brth sr' },
  { rule: 'PII-06', form: 'pulse', keys: 'hr bpm pls hrt xl' },
  { rule: 'PII-06', form: 'measure', keys: 'bf fm bp sys dia glu stp spo' },
];

/** Words that concern a person only next to others that do. */
export const CONTEXT_WORDS: readonly FieldWords[] = [
  { rule: 'PII-02', form: 'serial', keys: 'id nr no num mid kennung' },
  {
    rule: 'PII-07',
    form: 'person',
    keys: 'name nom nombre nome naam namn uid client cliente kunde konto compte cuenta conta',
  },
  { rule: 'PII-08', form: 'person', keys: 'city ort stadt ville ciudad citta cidade plaats chengshi 城市' },
];

/** A picture or a page has a height too. */
export const SIZE_WORDS: ReadonlySet<string> = new Set(
  'width breite largeur ancho anchura larghezza largura breedte kuandu w depth mimetype fps resolution resolutionx'.split(
    ' ',
  ),
);

/** Whose: precedes a word. */
export const OWNERS: readonly string[] =
  'user body patient person personal owner member profile my wifi wlan login admin account home device usr'.split(' ');

/** In what: follows a word. */
export const UNITS: readonly string[] = 'kg lbs lb cm value val text str number grams years'.split(' ');

/** Endings by which makers name their keys: `GalaxyAccessKeyId`, `wlan_password`, `device-token`. */
export const SECRET_ENDINGS: readonly string[] = [
  'password',
  'passwd',
  'passwort',
  'kennwort',
  'motdepasse',
  'contrasena',
  'senha',
  'wachtwoord',
  'accesskeyid',
  'accesskey',
  'secretkey',
  'apikey',
  'token',
  'sessionid',
  'signature',
];
